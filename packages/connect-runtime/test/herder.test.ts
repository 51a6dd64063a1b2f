import { describe, expect, test, vi } from "vitest";
import { startWorker } from "./support/worker-under-test.ts";
import { until } from "./support/until.ts";

// Real sockets and threads, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const SOURCE = { "connector.class": "FileStreamSource", file: "/in.txt", topic: "t" };

async function stateOf(worker: Awaited<ReturnType<typeof startWorker>>, name: string) {
  const { connector, tasks } = await worker.herder.connectorStatus(name);
  return { connector: connector.state, tasks: tasks.map((task) => task.state) };
}

describe("creating a connector", () => {
  test("starts it and its tasks, and tells both", async () => {
    const { herder, threads } = await startWorker();
    const { created, info } = await herder.createConnector(
      "a",
      { ...SOURCE, name: "a" },
      "STARTED",
    );
    expect(created).toBe(true);
    expect(info.tasks).toEqual([{ connector: "a", task: 0 }]);
    expect(threads.connectors[0]!.spec).toMatchObject({ name: "a", type: "source" });
    expect(threads.tasks[0]!.spec.taskProps["task.class"]).toBe(
      "org.apache.kafka.connect.file.FileStreamSourceTask",
    );
  });

  test("of one name succeeds once, however many ask at the same time", async () => {
    const { herder, threads } = await startWorker();
    const asked = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED"),
      ),
    );
    expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(threads.alive()).toEqual(["a", "a-0"]);
  });

  test("that fails to start leaves it FAILED, with the reason", async () => {
    const worker = await startWorker();
    worker.threads.behaviour = {
      onStart: () => ({
        state: "FAILED",
        trace: "org.apache.kafka.connect.errors.ConnectException: no such host\n\tat x\n",
      }),
    };
    const { failure } = await worker.herder.createConnector(
      "a",
      { ...SOURCE, name: "a" },
      "STARTED",
    );
    expect(failure).toBe("no such host");
    const status = await worker.herder.connectorStatus("a");
    expect(status.connector).toMatchObject({ state: "FAILED", version: "4.3.1" });
    expect(status.connector.trace).toMatch(/ConnectException: no such host/);
    expect(status.tasks).toEqual([]);
  });

  test("paused or stopped makes no tasks until it is resumed", async () => {
    const worker = await startWorker();
    for (const [name, initial] of [
      ["p", "PAUSED"],
      ["s", "STOPPED"],
    ] as const) {
      await worker.herder.createConnector(name, { ...SOURCE, name }, initial);
      expect(await stateOf(worker, name)).toEqual({ connector: initial, tasks: [] });
      await worker.herder.resumeConnector(name);
      await until("it runs", async () => (await stateOf(worker, name)).tasks[0] === "RUNNING");
    }
  });
});

describe("task configurations", () => {
  test("are asked for again, with the old tasks going on, while the connector cannot give them", async () => {
    const worker = await startWorker();
    const config = { ...SOURCE, name: "a", "tasks.max": "2" };
    await worker.herder.createConnector("a", config, "STARTED");
    let failures = 0;
    worker.threads.behaviour = {
      taskConfigs: () => {
        if (failures++ < 2) throw new Error("database away");
        return [{ n: "0" }, { n: "1" }];
      },
    };
    worker.threads.connectors[0]!.listener.onReconfigurationRequest!();
    await until("it failed once", () => failures === 1);
    expect(worker.threads.alive()).toEqual(["a", "a-0"]);
    await until("tasks are replaced", () => worker.threads.tasks.length === 3);
    expect(worker.threads.tasks[0]!.stopped).toBe(true);
    expect(await stateOf(worker, "a")).toEqual({
      connector: "RUNNING",
      tasks: ["RUNNING", "RUNNING"],
    });
    expect(worker.log.filter(({ message }) => message.includes("database away"))).toHaveLength(2);
  });

  test("that stay the same leave the tasks alone", async () => {
    const worker = await startWorker();
    await worker.herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED");
    worker.threads.connectors[0]!.listener.onReconfigurationRequest!();
    await until("asked again", () => worker.threads.connectors[0]!.calls.length === 2);
    expect(worker.threads.tasks).toHaveLength(1);
  });

  test("more than tasks.max fail the connector, unless that is not enforced", async () => {
    const worker = await startWorker();
    worker.threads.behaviour = { taskConfigs: () => [{}, {}] };
    await worker.herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED");
    const { connector, tasks } = await worker.herder.connectorStatus("a");
    expect(connector.state).toBe("FAILED");
    expect(connector.trace).toMatch(/TooManyTasksException: .*2 tasks.*tasks\.max/);
    expect(tasks).toEqual([]);

    const lenient = { ...SOURCE, name: "b", "tasks.max.enforce": "false" };
    await worker.herder.createConnector("b", lenient, "STARTED");
    expect((await stateOf(worker, "b")).tasks).toHaveLength(2);
  });

  test("that never come hold up neither pausing nor deleting", async () => {
    const worker = await startWorker();
    worker.threads.behaviour = { taskConfigs: () => new Promise(() => undefined) };
    void worker.herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED");
    await until("it runs", () => worker.threads.connectors.length === 1);
    await worker.herder.pauseConnector("a");
    await worker.herder.deleteConnector("a");
    expect(worker.threads.alive()).toEqual([]);
    await expect(worker.herder.connectorStatus("a")).rejects.toThrow("No status found");
  });
});

describe("changing a configuration", () => {
  test("restarts tasks although their own configurations stay the same", async () => {
    const worker = await startWorker();
    worker.threads.behaviour = { taskConfigs: () => [{ file: "/in.txt" }] };
    await worker.herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED");
    await worker.herder.putConnectorConfig("a", {
      ...SOURCE,
      name: "a",
      "errors.tolerance": "all",
    });
    expect(worker.threads.tasks.map(({ stopped }) => stopped)).toEqual([true, false]);
    expect(worker.threads.tasks[1]!.spec.connectorProps["errors.tolerance"]).toBe("all");
  });

  test("by several patches at once loses none of them", async () => {
    const worker = await startWorker();
    await worker.herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED");
    await Promise.all(
      ["k1", "k2", "k3", "k4"].map((key) =>
        worker.herder.patchConnectorConfig("a", { [key]: "v" }),
      ),
    );
    const { config } = await worker.herder.connectorInfo("a");
    expect(Object.keys(config)).toEqual(expect.arrayContaining(["k1", "k2", "k3", "k4"]));
    expect(worker.threads.alive()).toEqual(["a", "a-0"]);
  });

  test("that is invalid changes nothing", async () => {
    const worker = await startWorker();
    await worker.herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED");
    const wrong = { ...SOURCE, name: "a", "tasks.max": "0" };
    await expect(worker.herder.putConnectorConfig("a", wrong)).rejects.toThrow("tasks.max");
    expect(worker.threads.connectors).toHaveLength(1);
    expect((await worker.herder.connectorInfo("a")).config).toEqual({ ...SOURCE, name: "a" });
  });
});

describe("restarting", () => {
  async function withFailedTask() {
    const worker = await startWorker();
    worker.threads.behaviour = { taskConfigs: () => [{ n: "0" }, { n: "1" }] };
    const config = { ...SOURCE, name: "a", "tasks.max": "2" };
    await worker.herder.createConnector("a", config, "STARTED");
    worker.threads.tasks[1]!.listener.onState("FAILED", "boom\n");
    return worker;
  }

  test.each([
    [false, false, true, []],
    [true, false, true, [0, 1]],
    [true, true, false, [1]],
    [false, true, false, []],
  ])("includeTasks=%s onlyFailed=%s", async (includeTasks, onlyFailed, connector, tasks) => {
    const { herder, threads } = await withFailedTask();
    const plan = await herder.restartConnectorAndTasks("a", { includeTasks, onlyFailed });
    const restarting = ({ state }: { state: string }) => state === "RESTARTING";
    expect(restarting(plan.connector)).toBe(connector);
    expect(plan.tasks.filter(restarting).map(({ id }) => id)).toEqual(tasks);
    expect(threads.connectors).toHaveLength(connector ? 2 : 1);
    expect(threads.tasks.slice(2).map(({ spec }) => spec.task)).toEqual(tasks);
    expect(threads.alive().toSorted()).toEqual(["a", "a-0", "a-1"]);
  });

  test("one task leaves the others alone", async () => {
    const worker = await withFailedTask();
    await worker.herder.restartTask("a", 1);
    await until("it runs", async () => (await stateOf(worker, "a")).tasks[1] === "RUNNING");
    expect(worker.threads.tasks[0]!.stopped).toBe(false);
    await expect(worker.herder.restartTask("a", 2)).rejects.toThrow("Unknown task: a-2");
  });

  test("a connector whose values have expired leaves its tasks alone", async () => {
    const worker = await startWorker();
    await worker.herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED");
    const [first] = worker.threads.connectors;
    first!.listener.onReloadRequest!();
    await until("a second life", () => worker.threads.connectors.length === 2);
    expect(first!.stopped).toBe(true);
    // Of a life that is over nothing more is wanted.
    first!.listener.onReloadRequest!();
    await until("it runs", async () => (await stateOf(worker, "a")).connector === "RUNNING");
    expect(worker.threads.connectors).toHaveLength(2);
    expect(worker.threads.tasks).toHaveLength(1);
    expect(worker.threads.alive()).toEqual(["a", "a-0"]);
  });

  test("a connector that does not start says why", async () => {
    const worker = await withFailedTask();
    worker.threads.behaviour = { onStart: () => ({ state: "FAILED", trace: "X: no luck\n" }) };
    await expect(worker.herder.restartConnector("a")).rejects.toThrow(
      "Failed to start connector a: no luck",
    );
  });
});

test("stopping a connector ends and forgets its tasks", async () => {
  const worker = await startWorker();
  await worker.herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED");
  await worker.herder.stopConnector("a");
  await until("stopped", async () => (await stateOf(worker, "a")).connector === "STOPPED");
  expect(await worker.herder.tasks("a")).toEqual([]);
  expect(worker.threads.alive()).toEqual(["a"]);
});

test("states of a unit that was replaced are not mistaken for the new one's", async () => {
  const worker = await startWorker();
  await worker.herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED");
  await worker.herder.restartConnectorAndTasks("a", { includeTasks: true, onlyFailed: false });
  await until("it runs", async () => (await stateOf(worker, "a")).tasks[0] === "RUNNING");
  worker.threads.connectors[0]!.listener.onState("FAILED", "late\n");
  worker.threads.tasks[0]!.listener.onState("FAILED", "late\n");
  expect(await stateOf(worker, "a")).toEqual({ connector: "RUNNING", tasks: ["RUNNING"] });
});

describe("under many changes at once", () => {
  const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

  test.each(SEEDS)("nothing is left running that nobody knows of (%i)", async (seed) => {
    const worker = await startWorker();
    const { herder, threads } = worker;
    threads.behaviour = { taskConfigs: () => [{ n: String(threads.connectors.length) }] };
    let state = seed + 1;
    const random = (n: number) => (state = (state * 48_271) % 2_147_483_647) % n;
    const config = () => ({ ...SOURCE, name: "a", "errors.retry.timeout": String(random(5)) });
    const operations = [
      () => herder.createConnector("a", config(), "STARTED"),
      () => herder.putConnectorConfig("a", config()),
      () => herder.patchConnectorConfig("a", { k: String(random(9)) }),
      () => herder.deleteConnector("a"),
      () => herder.pauseConnector("a"),
      () => herder.resumeConnector("a"),
      () => herder.stopConnector("a"),
      () => herder.restartConnector("a"),
      () => herder.restartTask("a", 0),
      async () => threads.connectors.at(-1)?.listener.onReloadRequest?.(),
      () => herder.restartConnectorAndTasks("a", { includeTasks: true, onlyFailed: false }),
    ];
    const failures: Promise<unknown>[] = [];
    for (let i = 0; i < 60; i++) {
      const asked: Promise<unknown> = operations[random(operations.length)]!();
      failures.push(asked.then(() => undefined).catch((error: unknown) => error));
      if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    for (const failure of (await Promise.all(failures)).filter((one) => one !== undefined)) {
      expect((failure as Error).message).toMatch(
        /already exists|not found|Unknown (connector|task)/,
      );
    }
    await herder.putConnectorConfig("a", { ...SOURCE, name: "a" });
    await herder.resumeConnector("a");
    await until("it runs", async () => (await stateOf(worker, "a")).tasks[0] === "RUNNING");
    expect(threads.alive()).toEqual(["a", "a-0"]);
    await herder.deleteConnector("a");
    expect(threads.alive()).toEqual([]);
    await expect(herder.connectorStatus("a")).rejects.toThrow("No status found");
  });
});

describe("a task that has failed", () => {
  const RESTARTS = { "errors.restart.max": "2", "errors.restart.backoff.ms": "1" };
  const FAILED = {
    state: "FAILED",
    trace: "org.apache.kafka.connect.errors.ConnectException: no\n",
  } as const;

  test("is started again by itself where that is wanted, so often and not oftener", async () => {
    const worker = await startWorker();
    worker.threads.behaviour = {
      onStart: (spec) => ("taskProps" in spec ? FAILED : undefined),
    };
    await worker.herder.createConnector("a", { ...SOURCE, ...RESTARTS, name: "a" }, "STARTED");
    await until("it was tried three times", () => worker.threads.tasks.length === 3);
    await until("that is told", async () => {
      const { tasks, health } = await worker.herder.connectorHealth("a");
      return health === "failed" && tasks[0]?.restarts?.attempts === 2;
    });
    const told = worker.log.filter(({ message }) => message.includes("stays FAILED until"));
    expect(told).toHaveLength(1);
    expect(worker.threads.tasks).toHaveLength(3);
  });

  test("and runs after a restart is healthy, and is not restarted again", async () => {
    const worker = await startWorker();
    let starts = 0;
    worker.threads.behaviour = {
      onStart: (spec) => ("taskProps" in spec && starts++ === 0 ? FAILED : undefined),
    };
    await worker.herder.createConnector("a", { ...SOURCE, ...RESTARTS, name: "a" }, "STARTED");
    await until("it runs", async () => (await stateOf(worker, "a")).tasks[0] === "RUNNING");
    expect(await worker.herder.connectorHealth("a")).toMatchObject({
      health: "healthy",
      tasks: [{ restarts: { attempts: 1, next: null } }],
    });
  });

  test("stays as it is by default", async () => {
    const worker = await startWorker();
    worker.threads.behaviour = {
      onStart: (spec) => ("taskProps" in spec ? FAILED : undefined),
    };
    await worker.herder.createConnector("a", { ...SOURCE, name: "a" }, "STARTED");
    await until("it has failed", async () => (await stateOf(worker, "a")).tasks[0] === "FAILED");
    const { tasks } = await worker.herder.connectorHealth("a");
    expect(tasks).toEqual([
      {
        id: 0,
        state: "FAILED",
        worker_id: "127.0.0.1:8083",
        since: expect.stringMatching(/^\d{4}-.*Z$/),
        error: "org.apache.kafka.connect.errors.ConnectException: no",
      },
    ]);
  });
});
