import { setTimeout as delay } from "node:timers/promises";
import { ConnectClient, type Scrape, sharedKafka } from "@millrace/services";
import { describe, expect, test } from "vitest";
import { ClusterUnderTest } from "./support/cluster-under-test.ts";
import { undocumented } from "./support/documented.ts";
import { writeRecords } from "./support/kafka-topics.ts";
import { until } from "./support/until.ts";

const SOURCE = { "connector.class": "FileStreamSource", file: "/in.txt", topic: "t" };
const SINK = { "connector.class": "FileStreamSink", file: "/out.txt", topics: "t" };

/** A cluster whose connectors make `tasks.max` tasks. */
async function clusterOf(count: number, props: Record<string, string> = {}) {
  const cluster = new ClusterUnderTest(props);
  const adding = Array.from({ length: count }, async () => {
    const worker = await cluster.add();
    worker.threads.behaviour = {
      taskConfigs: ({ props: own, type }, max) =>
        Array.from({ length: max }, (_, i) => ({
          ...own,
          part: `${i}`,
          "task.class": `org.apache.kafka.connect.file.FileStream${type === "sink" ? "Sink" : "Source"}Task`,
        })),
    };
  });
  await Promise.all(adding);
  return cluster;
}

const body = (name: string, config: object, tasks = 1) => ({
  name,
  config: { ...config, "tasks.max": `${tasks}` },
});

const units = (name: string, tasks: number) => [
  name,
  ...Array.from({ length: tasks }, (_, i) => `${name}-${i}`),
];

async function states(cluster: ClusterUnderTest, worker: number, name: string) {
  const { body: status } = await cluster.send(worker, "GET", `/connectors/${name}/status`);
  const { connector, tasks } = status as {
    connector?: { state: string; worker_id: string };
    tasks?: { state: string; worker_id: string }[];
  };
  return {
    connector: connector?.state,
    tasks: tasks?.map(({ state }) => state),
    workers: [connector, ...(tasks ?? [])].map((one) => one?.worker_id),
  };
}

describe("a cluster of three", () => {
  test("shares connectors made through any worker, and all show the same", async () => {
    const cluster = await clusterOf(3);
    for (const [at, name] of ["a", "b", "c"].entries()) {
      const created = await cluster.send(at, "POST", "/connectors", body(name, SOURCE, 4));
      expect(created).toMatchObject({ status: 201, body: { name, tasks: [], type: "source" } });
      expect(created.headers["location"]).toBe(`${cluster.workers[at]!.url}/connectors/${name}`);
    }
    await cluster.running(...["a", "b", "c"].flatMap((name) => units(name, 4)));
    expect(cluster.loads()).toEqual({ connectors: [1, 1, 1], tasks: [4, 4, 4] });

    const placement = cluster.placement();
    for (const worker of [0, 1, 2]) {
      await until("statuses are everywhere", async () => {
        const { connector, tasks } = await states(cluster, worker, "a");
        return connector === "RUNNING" && tasks?.join() === "RUNNING,RUNNING,RUNNING,RUNNING";
      });
      const { workers } = await states(cluster, worker, "a");
      expect(workers).toEqual(units("a", 4).map((unit) => placement.get(unit)));
    }
    let measured: Scrape[] = [];
    const values = (name: string) => measured.map((one) => one.value(`kafka_connect_${name}`));
    await until("no worker rebalances any more", async () => {
      measured = await Promise.all(
        cluster.workers.map(({ url }) => new ConnectClient(url).metrics()),
      );
      return values("connect_worker_rebalance_metrics_rebalancing").join() === "0,0,0";
    });
    const { generation } = cluster.workers[0]!.herder;
    expect(values("connect_worker_rebalance_metrics_epoch")).toEqual(Array(3).fill(generation));
    expect(values("connect_worker_metrics_task_count")).toEqual([4, 4, 4]);
    for (const [at, one] of measured.entries()) {
      const client = `{client_id="connect-${new URL(cluster.workers[at]!.url).host}"}`;
      expect(one.value(`kafka_connect_connect_coordinator_metrics_assigned_tasks${client}`)).toBe(
        4,
      );
      expect(
        one.value("kafka_connect_connect_worker_rebalance_metrics_completed_rebalances_total"),
      ).toBeGreaterThan(0);
      expect(one.series.join("\n")).toMatch(
        /connect_worker_rebalance_metrics\{connect_protocol="sessioned",leader_name="connect-/,
      );
    }
    const again = await cluster.send(1, "POST", "/connectors", body("a", SOURCE));
    expect(again).toMatchObject({ status: 409, body: { message: "Connector a already exists" } });
  });

  test("steers them through any worker", async () => {
    const cluster = await clusterOf(3);
    await cluster.send(0, "POST", "/connectors", body("a", SINK, 3));
    await cluster.running(...units("a", 3));
    const reached = (state: string) =>
      until(`all is ${state}`, async () => {
        const { connector, tasks } = await states(cluster, 2, "a");
        return connector === state && tasks?.every((task) => task === state) === true;
      });
    for (const [worker, verb, state, status] of [
      [0, "pause", "PAUSED", 202],
      [1, "resume", "RUNNING", 202],
      [2, "stop", "STOPPED", 204],
    ] as const) {
      const answer = await cluster.send(worker, "PUT", `/connectors/a/${verb}`);
      expect(answer.status).toBe(status);
      await reached(state);
    }
    await cluster.running("a");
    expect((await cluster.send(0, "GET", "/connectors/a/tasks")).body).toEqual([]);
    await cluster.send(1, "PUT", "/connectors/a/resume");
    await cluster.running(...units("a", 3));
    await reached("RUNNING");

    expect((await cluster.send(2, "DELETE", "/connectors/a")).status).toBe(204);
    await cluster.running();
    for (const worker of [0, 1, 2]) {
      await until("it is gone", async () => {
        const gone = await cluster.send(worker, "GET", "/connectors/a/status");
        return gone.status === 404;
      });
    }
  });

  test("restarts what is asked for, where it runs", async () => {
    const cluster = await clusterOf(3);
    await cluster.send(0, "POST", "/connectors", body("a", SINK, 3));
    await cluster.running(...units("a", 3));
    await until(
      "statuses are there",
      async () => (await states(cluster, 0, "a")).tasks?.join() === "RUNNING,RUNNING,RUNNING",
    );
    const lives = () => cluster.workers.flatMap(({ threads }) => threads.lives()).toSorted();
    const before = lives();
    for (const worker of [0, 1, 2]) {
      expect((await cluster.send(worker, "POST", "/connectors/a/restart")).status).toBe(204);
      const restarted = await cluster.send(worker, "POST", "/connectors/a/tasks/1/restart");
      expect(restarted.status).toBe(204);
    }
    await cluster.running(...units("a", 3));
    expect(lives()).toEqual([...before, "a", "a", "a", "a-1", "a-1", "a-1"].toSorted());
    const all = await cluster.send(1, "POST", "/connectors/a/restart?includeTasks=true");
    expect(all).toMatchObject({ status: 202, body: { connector: { state: "RESTARTING" } } });
    await until("all have started once more", () => lives().length === before.length + 6 + 4);
    await cluster.running(...units("a", 3));
    const missing = await cluster.send(2, "POST", "/connectors/a/tasks/3/restart");
    expect(missing).toMatchObject({ status: 404, body: { message: "Unknown task: a-3" } });
  });

  test("takes new configurations, and asks for task configurations on any worker", async () => {
    const cluster = await clusterOf(3);
    await Promise.all(
      ["a", "b", "c"].map((name) => cluster.send(0, "POST", "/connectors", body(name, SOURCE, 2))),
    );
    await cluster.running(...["a", "b", "c"].flatMap((name) => units(name, 2)));
    for (const [worker, name] of ["a", "b", "c"].entries()) {
      const { config } = body(name, { ...SOURCE, changed: "yes" }, 3);
      const changed = await cluster.send(worker, "PUT", `/connectors/${name}/config`, config);
      expect(changed.status).toBe(200);
    }
    await cluster.running(...["a", "b", "c"].flatMap((name) => units(name, 3)));
    const tasks = (await cluster.send(0, "GET", "/connectors/b/tasks")).body as {
      config: Record<string, string>;
    }[];
    expect(tasks.map(({ config }) => [config["part"], config["changed"]])).toEqual([
      ["0", "yes"],
      ["1", "yes"],
      ["2", "yes"],
    ]);
  });

  test("makes tasks of connectors with any name, wherever they run", async () => {
    const cluster = await clusterOf(3);
    const names = ["a b", "ä", "a/b", "a%2Fb", "a\\b", "a?b#c", "100%"];
    await Promise.all(
      names.map((name, i) => cluster.send(i % 3, "POST", "/connectors", body(name, SOURCE))),
    );
    await cluster.running(...names.flatMap((name) => units(name, 1)));
    const owners = new Set(names.map((name) => cluster.placement().get(name)));
    expect(owners.size).toBe(3);
  });

  test("loses no change of many made at once", async () => {
    const cluster = await clusterOf(3);
    await cluster.send(0, "POST", "/connectors", body("a", SOURCE));
    const patches = Array.from({ length: 30 }, (_, i) =>
      cluster.send(i % 3, "PATCH", "/connectors/a/config", { [`key${i}`]: `${i}` }),
    );
    for (const patch of patches) expect((await patch).status).toBe(200);
    const { body: config } = await cluster.send(1, "GET", "/connectors/a/config");
    const wanted = Array.from({ length: 30 }, (_, i) => [`key${i}`, `${i}`]);
    expect(config).toMatchObject(Object.fromEntries(wanted) as object);
  });

  test("hands over at once what a worker gives up that says goodbye, whatever the delay", async () => {
    const cluster = await clusterOf(3, { "scheduled.rebalance.max.delay.ms": "300000" });
    await Promise.all(
      ["a", "b", "c"].map((name) => cluster.send(0, "POST", "/connectors", body(name, SOURCE, 4))),
    );
    const all = ["a", "b", "c"].flatMap((name) => units(name, 4));
    await cluster.running(...all);
    for (const leaving of [1, 0]) {
      await cluster.workers[leaving]!.stop();
      await cluster.running(...all);
    }
    expect(new Set(cluster.placement().values())).toEqual(new Set([cluster.workers[2]!.id]));
  });

  test("sets log levels everywhere", async () => {
    const cluster = await clusterOf(2);
    const path = "/admin/loggers/herder";
    const answer = await cluster.send(1, "PUT", `${path}?scope=cluster`, { level: "debug" });
    expect(answer.status).toBe(204);
    for (const worker of [0, 1]) {
      await until("the level is set", async () => {
        const { body: level } = await cluster.send(worker, "GET", path);
        return (level as { level: string }).level === "DEBUG";
      });
    }
  });
});

test("many connectors are shared evenly, and one more moves none of their tasks", async () => {
  const cluster = await clusterOf(3);
  const names = Array.from({ length: 100 }, (_, i) => `c${i}`);
  const generation = () => cluster.workers[0]!.herder.generation;
  await Promise.all(
    names.map((name, i) => cluster.send(i % 3, "POST", "/connectors", body(name, SOURCE, 4))),
  );
  await cluster.running(...names.flatMap((name) => units(name, 4)));
  const { connectors, tasks } = cluster.loads();
  expect(Math.max(...connectors) - Math.min(...connectors)).toBeLessThanOrEqual(1);
  expect(Math.max(...tasks) - Math.min(...tasks)).toBeLessThanOrEqual(1);

  const lives = () => cluster.workers.flatMap(({ threads }) => threads.lives()).toSorted();
  const before = lives();
  const rebalances = generation();
  await cluster.send(1, "POST", "/connectors", body("more", SOURCE, 4));
  await cluster.running(...[...names, "more"].flatMap((name) => units(name, 4)));
  expect(lives()).toEqual([...before, ...units("more", 4)].toSorted());
  // One for the connector, one for its tasks.
  expect(generation() - rebalances).toBeLessThanOrEqual(2);

  await cluster.send(2, "DELETE", "/connectors/c7");
  const rest = names.filter((name) => name !== "c7");
  await cluster.running(...[...rest, "more"].flatMap((name) => units(name, 4)));
  expect(lives()).toEqual([...before, ...units("more", 4)].toSorted());
});

test("changes that arrive together cause few rebalances", async () => {
  const cluster = await clusterOf(2);
  const before = cluster.workers[0]!.herder.generation;
  const names = Array.from({ length: 20 }, (_, i) => `c${i}`);
  await Promise.all(
    names.map((name) => cluster.send(0, "POST", "/connectors", body(name, SOURCE, 2))),
  );
  await cluster.running(...names.flatMap((name) => units(name, 2)));
  expect(cluster.workers[0]!.herder.generation - before).toBeLessThanOrEqual(8);
});

test("what has failed is started again where it runs, and every worker can tell", async () => {
  const cluster = await clusterOf(2);
  const restarts = { "errors.restart.max": "3", "errors.restart.backoff.ms": "1" };
  let failures = 2;
  for (const { threads } of cluster.workers) {
    threads.behaviour = {
      ...threads.behaviour,
      onStart: (spec) =>
        "taskProps" in spec && spec.task === 1 && failures-- > 0
          ? { state: "FAILED", trace: "java.lang.RuntimeException: no\n" }
          : undefined,
    };
  }
  await cluster.send(0, "POST", "/connectors", body("a", { ...SOURCE, ...restarts }, 2));
  for (const worker of [0, 1]) {
    await until("it runs, after two restarts", async () => {
      const { body: told } = await cluster.send(worker, "GET", "/millrace/connectors/a/health");
      const { health, tasks } = told as { health?: string; tasks?: { restarts?: object }[] };
      const counts = JSON.stringify(tasks?.map((task) => task.restarts ?? null));
      return health === "healthy" && counts === `[null,{"attempts":2,"next":null}]`;
    });
  }
  const unknown = await cluster.send(0, "GET", "/millrace/connectors/nope/health");
  expect(unknown.status).toBe(404);
});

test("every worker tells what happens in the cluster, and what of it is not true any more", async () => {
  const cluster = await clusterOf(2);
  await cluster.send(0, "POST", "/connectors", body("a", SOURCE, 2));
  await cluster.running(...units("a", 2));
  await cluster.send(1, "PUT", "/connectors/a/pause");
  const told = async (worker: number) => {
    const path = "/millrace/events";
    const answer = await cluster.send(worker, "GET", path);
    expect(undocumented("GET", path, answer)).toBe("");
    return (answer.body as { events: { type: string; task?: number; state?: string }[] }).events;
  };
  for (const worker of [0, 1]) {
    await until("it has read of the tasks' pauses", async () => {
      const paused = (await told(worker)).filter(({ state }) => state === "PAUSED");
      return paused.filter(({ task }) => task !== undefined).length === 2;
    });
    const types = (await told(worker)).map(({ type }) => type);
    expect(new Set(types)).toEqual(new Set(["config", "tasks", "status", "target", "rebalance"]));
    expect(types.indexOf("config")).toBeLessThan(types.indexOf("tasks"));
  }

  // Of a worker that was lost, the states stay behind until others have its work.
  const lost = { state: "RUNNING", trace: null, worker_id: "gone:8083", generation: 99 };
  await writeRecords(await sharedKafka(), `${cluster.name}-status`, [
    { key: "status-task-a-1", value: JSON.stringify(lost) },
  ]);
  for (const worker of [0, 1]) {
    await until("the state is seen to be stale", async () => {
      const path = "/millrace/connectors/a/health";
      const answer = await cluster.send(worker, "GET", path);
      expect(undocumented("GET", path, answer)).toBe("");
      const { health, reason } = answer.body as { health: string; reason: string | null };
      return (
        health === "stale" &&
        reason === "Task 1 was RUNNING on gone:8083, which is not in the cluster"
      );
    });
  }
});

test("a connector that hangs holds up nobody", async () => {
  const cluster = await clusterOf(2);
  for (const { threads } of cluster.workers) {
    const { taskConfigs } = threads.behaviour;
    threads.behaviour = {
      onStart: (spec) => ("name" in spec && spec.name === "hangs" ? "hang" : undefined),
      ...(taskConfigs && { taskConfigs }),
    };
  }
  await cluster.send(0, "POST", "/connectors", body("hangs", SOURCE));
  await cluster.send(1, "POST", "/connectors", body("works", SOURCE, 2));
  await cluster.running("hangs", ...units("works", 2));
  expect((await cluster.send(0, "GET", "/health")).status).toBe(200);
  expect((await cluster.send(0, "DELETE", "/connectors/hangs")).status).toBe(204);
  await cluster.running(...units("works", 2));
});

test("a connector whose plugin is missing is FAILED, names the package, and keeps its data", async () => {
  const cluster = await clusterOf(1);
  const { herder } = cluster.workers[0]!;
  const config = { "connector.class": "io.confluent.connect.s3.S3SinkConnector", name: "s3" };
  await herder.configs.putConnector("s3", config);
  await herder.configs.putTaskConfigs("s3", [{ part: "0" }]);
  await until("it has failed", async () => {
    const { connector, tasks } = await states(cluster, 0, "s3");
    return connector === "FAILED" && tasks?.join() === "FAILED";
  });
  const { body: status } = await cluster.send(0, "GET", "/connectors/s3/status");
  expect(status).toMatchObject({ type: "unknown" });
  expect((status as { connector: { trace: string } }).connector.trace).toContain(
    "@millrace/connect-s3-sink",
  );
  expect((await cluster.send(0, "GET", "/connectors/s3/config")).body).toEqual(config);
  await delay(200);
  expect(herder.configs.snapshot().taskConfigs("s3")).toEqual([{ part: "0" }]);
});

test("a worker of the eager protocol works, and gives all up in each rebalance", async () => {
  const cluster = await clusterOf(2, { "connect.protocol": "eager" });
  await cluster.send(0, "POST", "/connectors", body("a", SOURCE, 3));
  await cluster.running(...units("a", 3));
  const before = cluster.workers.flatMap(({ threads }) => threads.lives()).length;
  await cluster.send(1, "POST", "/connectors", body("b", SOURCE, 1));
  await cluster.running(...units("a", 3), ...units("b", 1));
  // What ran of a has started anew, twice: for the connector, and for its task.
  const lives = cluster.workers.flatMap(({ threads }) => threads.lives()).length;
  expect(lives - before).toBeGreaterThanOrEqual(4 + 2);
});

test("requests wait for a rebalance where that is asked for", async () => {
  const cluster = await clusterOf(2, { "rest.wait.for.rebalance.ms": "20000" });
  await cluster.send(0, "POST", "/connectors", body("a", SOURCE, 2));
  const answers = await Promise.all(
    [0, 1].map((worker) => cluster.send(worker, "POST", "/connectors/a/restart")),
  );
  expect(answers.map(({ status }) => status)).toEqual([204, 204]);
});
