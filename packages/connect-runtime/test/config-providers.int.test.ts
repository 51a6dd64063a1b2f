import { readFileSync } from "node:fs";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sharedKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Logging } from "../src/logging.ts";
import type { LogEntry } from "../src/task/logger.ts";
import { startDistributed } from "../src/worker/distributed.ts";
import type { Worker } from "../src/worker/foundation.ts";
import { readRecords, uniqueName } from "./support/kafka-topics.ts";
import { type Answer, send } from "./support/send.ts";
import { until } from "./support/until.ts";

vi.setConfig({ testTimeout: 120_000 });

const CANARY = "c4nary-s3cret";

interface Recording {
  readonly cases: readonly {
    readonly name: string;
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly status: number;
    readonly answer?: unknown;
  }[];
  readonly configTopic: readonly { readonly key: string; readonly value: unknown }[];
}

const name = uniqueName("providers");
const log: LogEntry[] = [];
let bootstrapServers: string;
let home: string;
let worker: Worker;

function folderOf(plugin: string): string {
  return fileURLToPath(new URL(plugin, import.meta.url));
}

/** A worker of a cluster whose own properties come from a file provider too. */
beforeAll(async () => {
  bootstrapServers = await sharedKafka();
  home = await mkdtemp(join(tmpdir(), "providers-"));
  process.env["PROVIDERS_TOPIC"] = `${name}-env`;
  process.env["OTHER_TOPIC"] = CANARY;
  await writeFile(join(home, "worker.properties"), `servers=${bootstrapServers}\n`);
  await writeFile(join(home, "canary.properties"), `secret=${CANARY}\n`);
  const storage = ["config", "offset", "status"].flatMap((kind) => [
    [`${kind}.storage.topic`, `${name}-${kind}`],
    [`${kind}.storage.replication.factor`, "1"],
  ]);
  const props = {
    ...(Object.fromEntries(storage) as Record<string, string>),
    "bootstrap.servers": `\${own:${join(home, "worker.properties")}:servers}`,
    "group.id": name,
    "offset.storage.partitions": "1",
    "status.storage.partitions": "1",
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter": "org.apache.kafka.connect.storage.StringConverter",
    "offset.flush.interval.ms": "200",
    "plugin.path": [folderOf("../../connect-file"), folderOf("fixtures/leaky-plugin")].join(","),
    listeners: "http://127.0.0.1:0",
    "config.providers": "own,file,env,dir,lease",
    "config.providers.own.class": "FileConfigProvider",
    "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
    "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
    "config.providers.env.param.allowlist.pattern": "PROVIDERS_.*",
    "config.providers.dir.class": "org.apache.kafka.common.config.provider.DirectoryConfigProvider",
    "config.providers.lease.class": "test.LeaseConfigProvider",
  };
  worker = await startDistributed(props, new Logging((entry) => log.push(entry)));
  await until("the worker leads", () =>
    log.some(({ message }) => message.startsWith("Generation 1 ")),
  );
});

afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  delete process.env["PROVIDERS_TOPIC"];
  delete process.env["OTHER_TOPIC"];
});

const rest = (method: string, path: string, body?: unknown): Promise<Answer> =>
  send(worker.url, method, path, body);

interface Status {
  readonly connector: { readonly state: string; readonly trace?: string };
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[];
}

async function statusOf(connector: string): Promise<Status | undefined> {
  const { status, body } = await rest("GET", `/connectors/${connector}/status`);
  return status === 200 ? (body as Status) : undefined;
}

async function runs(connector: string): Promise<void> {
  await until(`${connector} runs`, async () => {
    const status = await statusOf(connector);
    const states = [status?.connector, ...(status?.tasks ?? [])].map((part) => part?.state);
    return states.length > 1 && states.every((state) => state === "RUNNING");
  });
}

async function holds(topic: string, values: readonly string[]): Promise<void> {
  let found: (string | null)[] = [];
  await until(`${topic} holds ${values.length} records`, async () => {
    // Not there before its first record.
    const records = await readRecords(bootstrapServers, topic).catch(() => []);
    found = records.map(({ value }) => value);
    return found.length >= values.length;
  });
  expect(found).toEqual(values);
}

/** What a topic of the cluster says of a connector, the newest record of each key. */
async function stored(
  topic: "config" | "status",
  connector: string,
): Promise<Map<string, unknown>> {
  const records = await readRecords(bootstrapServers, `${name}-${topic}`);
  const keys = new RegExp(`-${connector}(-\\d+)?$`);
  return new Map(
    records
      .filter(({ key }) => keys.test(key ?? ""))
      .map(({ key, value }) => [key!, value === null ? null : (JSON.parse(value) as unknown)]),
  );
}

const messages = () => log.map(({ message }) => message);

const count = (pattern: RegExp) => messages().filter((message) => pattern.test(message)).length;

test("answers and topics are those of the Java worker", async () => {
  const text = readFileSync(new URL("golden/config-providers.json", import.meta.url), "utf8")
    .replaceAll("/golden/work", home)
    .replaceAll("MYENV", "PROVIDERS_TOPIC");
  const { cases, configTopic } = JSON.parse(text) as Recording;
  const lines = Array.from({ length: 20 }, (_, i) => `e-${i}`);
  await writeFile(join(home, "e.txt"), lines.map((line) => `${line}\n`).join(""));
  await writeFile(join(home, "sec.properties"), `tp=${name}-file\nf=${home}/e.txt\n`);

  for (const { name: what, method, path, body, status, answer } of cases) {
    let answered = await rest(method, path, body);
    if (path.endsWith("/status") && status === 200) {
      // The recording gave the worker some seconds.
      await until(`${what} is ${status}`, async () => {
        answered = await rest(method, path, body);
        return answered.status === status;
      });
    }
    expect([what, answered.status]).toEqual([what, status]);
    // States are those of their moment, with the address of a worker and versions.
    if (answer === undefined || path.endsWith("/status")) continue;
    // This worker makes tasks before it answers.
    expect([what, { ...(answered.body as object), tasks: [] }]).toEqual([what, answer]);
  }
  await runs("p1");
  await runs("p2");
  await holds(`${name}-file`, lines);
  await holds(`${name}-env`, lines);

  const config = await rest("GET", "/connectors/p1/config");
  expect(config.body).toMatchObject({ topic: `\${file:${home}/sec.properties:tp}` });
  const missing = await rest(
    "POST",
    "/connectors",
    cases.find((c) => c.name === "create-missing-file")!.body,
  );
  expect(missing.body).toEqual({
    error_code: 500,
    message: "Could not read properties from file /no/such",
  });

  const records = await Promise.all(["p1", "p2", "p3", "p5"].map((p) => stored("config", p)));
  const found = new Map(records.flatMap((map) => [...map]));
  const taken = configTopic.map(({ key }) => ({ key, value: found.get(key) }));
  expect(taken).toEqual(configTopic);

  for (const p of ["p1", "p2", "p3", "p5"]) {
    expect((await rest("DELETE", `/connectors/${p}`)).status).toBe(204);
  }
});

test("a file that was changed is read again when connector and tasks are restarted", async () => {
  const secrets = join(home, "rotated.properties");
  const [first, second] = [`${name}-before`, `${name}-after`];
  await writeFile(join(home, "in.txt"), "one\n");
  await writeFile(secrets, `topic=${first}\nfile=${join(home, "in.txt")}\n`);
  const config = {
    name: "rotated",
    "connector.class": "FileStreamSource",
    file: `\${file:${secrets}:file}`,
    topic: `\${file:${secrets}:topic}`,
  };
  expect((await rest("POST", "/connectors", { name: "rotated", config })).status).toBe(201);
  await holds(first, ["one"]);

  await writeFile(secrets, `topic=${second}\nfile=${join(home, "in.txt")}\n`);
  const restarted = await rest("POST", "/connectors/rotated/restart?includeTasks=true");
  expect(restarted.status).toBe(202);
  // The first life of the task must be over, or the line could be its.
  await until("the task has a second life", () => count(/^Task rotated-0 is RUNNING/) === 2);
  await appendFile(join(home, "in.txt"), "two\n");
  await holds(second, ["two"]);
  await holds(first, ["one"]);

  const task = (await stored("config", "rotated")).get("task-rotated-0");
  expect(task).toMatchObject({ properties: { file: config.file, topic: config.topic } });
  const tasks = await rest("GET", "/connectors/rotated/tasks");
  expect(tasks.body).toMatchObject([{ config: { file: config.file, topic: config.topic } }]);
  expect((await rest("DELETE", "/connectors/rotated")).status).toBe(204);
});

test("environment variables that are not allowed are not given, and the log says so", async () => {
  const config = {
    name: "sneaky",
    "connector.class": "test.LeakySource",
    other: "${env:PROVIDERS_TOPIC}",
    secret: "${env:OTHER_TOPIC}",
  };
  expect((await rest("POST", "/connectors", { name: "sneaky", config })).status).toBe(201);
  await runs("sneaky");
  expect(messages()).toContain("connector starts with ${env:OTHER_TOPIC}");
  expect(count(/^\$\{env:OTHER_TOPIC\} in secret stays as it is: provider env has no such/)).toBe(
    2,
  );
  expect((await rest("DELETE", "/connectors/sneaky")).status).toBe(204);
});

describe("a secret is told by nobody:", () => {
  const create = async (leak: string) => {
    const connector = `leaky-${leak}`;
    const config = {
      name: connector,
      "connector.class": "test.LeakySource",
      secret: `\${file:${join(home, "canary.properties")}:secret}`,
      leak,
    };
    return { connector, answer: await rest("POST", "/connectors", { name: connector, config }) };
  };

  test.each(["validate", "validate-throw"])("a connector that leaks in %s", async (leak) => {
    const { answer } = await create(leak);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(JSON.stringify(answer.body)).not.toContain("c4nary");
  });

  test.each([
    ["connector-start", "connector"],
    ["connector-later", "connector"],
    ["task-start", "task"],
    ["task-later", "task"],
    ["poll", "task"],
    ["nowhere", "none"],
  ])("a connector that leaks in %s", async (leak, failing) => {
    const { connector, answer } = await create(leak);
    const answers: unknown[] = [answer.body];
    let trace = "[hidden]";
    if (failing === "none") await runs(connector);
    else {
      await until(`${connector} has failed`, async () => {
        const status = await statusOf(connector);
        const part = failing === "connector" ? status?.connector : status?.tasks[0];
        trace = part?.trace ?? "";
        return part?.state === "FAILED";
      });
    }
    expect(trace).toContain("[hidden]");
    for (const path of ["", "/config", "/status", "/tasks", "/tasks/0/status"]) {
      answers.push((await rest("GET", `/connectors/${connector}${path}`)).body);
    }
    answers.push((await rest("GET", "/connectors?expand=status&expand=info")).body);
    answers.push((await rest("POST", `/connectors/${connector}/restart`)).body);
    expect(JSON.stringify(answers)).not.toContain("c4nary");
    expect((await rest("DELETE", `/connectors/${connector}`)).status).toBe(204);
  });

  test("a connector that leaks in task-configs", async () => {
    const { connector } = await create("task-configs");
    await until("it was asked", () => count(/has no new task configurations.*\[hidden\]/) > 0);
    expect((await rest("DELETE", `/connectors/${connector}`)).status).toBe(204);
  });

  test.each([
    ["alter-offsets-throw", 500, "Failed to modify offsets for source connector"],
    ["alter-offsets", 500, '{"part":"a"} of [hidden] stay as they are'],
    ["nowhere", 200, "have been altered successfully"],
  ])("a connector whose offsets are altered: %s", async (leak, status, message) => {
    const { connector } = await create(leak);
    await runs(connector);
    expect((await rest("PUT", `/connectors/${connector}/stop`)).status).toBe(204);
    const offsets = [{ partition: { part: "a" }, offset: { position: 7 } }];
    let answer: Answer | undefined;
    await until("the connector is asked", async () => {
      answer = await rest("PATCH", `/connectors/${connector}/offsets`, { offsets });
      // Its task may not have ended yet, or a rebalance be due.
      return ![400, 409].includes(answer.status);
    });
    const text = expect.stringContaining(message) as string;
    expect(answer).toMatchObject({ status, body: { message: text } });
    const now = await rest("GET", `/connectors/${connector}/offsets`);
    expect(now.body).toEqual({ offsets: status === 200 ? offsets : [] });
    const config = await rest("GET", `/connectors/${connector}/config`);
    expect(config.body).toMatchObject({ secret: expect.stringMatching(/^\$\{file:/) as string });
    expect(JSON.stringify([answer, now, config])).not.toContain("c4nary");
    expect((await rest("DELETE", `/connectors/${connector}`)).status).toBe(204);
  });

  test("neither logs nor topics hold it", async () => {
    expect(count(/task starts with \[hidden\]/)).toBeGreaterThan(0);
    expect(JSON.stringify(log)).not.toContain("c4nary");
    expect(JSON.stringify(log)).not.toContain(bootstrapServers);
    for (const topic of ["config", "status", "offset"]) {
      const records = await readRecords(bootstrapServers, `${name}-${topic}`);
      expect(JSON.stringify(records)).not.toContain("c4nary");
    }
  });
});

describe("values that are good for some time", () => {
  const starts = (what: string) => count(new RegExp(`^${what} starts with `));
  const config = {
    "connector.class": "test.LeakySource",
    secret: "${lease:1000:text}",
  };

  test("have the connector restarted when it is over, and not its tasks", async () => {
    const [connectors, tasks] = [starts("connector"), starts("task")];
    await rest("PUT", "/connectors/leased/config", { ...config, name: "leased" });
    await until("it has started three times", () => starts("connector") >= connectors + 3);
    expect(starts("task")).toBe(tasks + 1);
    await runs("leased");
    expect((await rest("PUT", "/connectors/leased/pause")).status).toBe(202);
    await until("it pauses", async () => (await statusOf("leased"))?.connector.state === "PAUSED");
    expect((await rest("DELETE", "/connectors/leased")).status).toBe(204);
  });

  test("have nothing restarted with config.action.reload=none", async () => {
    const before = starts("connector");
    await rest("PUT", "/connectors/still/config", {
      ...config,
      name: "still",
      "config.action.reload": "none",
    });
    await rest("PUT", "/connectors/moving/config", { ...config, name: "moving" });
    await runs("still");
    // The one is restarted twice in the time in which the other stays.
    await until("the other has started again", () => starts("connector") >= before + 4);
    expect(count(/^Connector still is restarted/)).toBe(0);
    expect(count(/^Connector moving is restarted/)).toBeGreaterThanOrEqual(2);
    for (const connector of ["still", "moving"]) {
      expect((await rest("DELETE", `/connectors/${connector}`)).status).toBe(204);
    }
  });
});
