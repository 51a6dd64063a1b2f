import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sharedKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { DryRun } from "../src/herder/dry-run/dry-runs.ts";
import { Logging } from "../src/logging.ts";
import type { LogEntry } from "../src/task/logger.ts";
import type { Worker } from "../src/worker/foundation.ts";
import { startStandalone } from "../src/worker/standalone.ts";
import { undocumented } from "./support/documented.ts";
import { createTopic, kafkajs, uniqueName, writeRecords } from "./support/kafka-topics.ts";
import { send } from "./support/send.ts";
import { until } from "./support/until.ts";

// Real servers and threads, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const CANARY = "c4nary-s3cret";
const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";
const POISON = "{not json";

const log: LogEntry[] = [];
const topic = uniqueName("dry-run");
let bootstrapServers: string;
let home: string;
let worker: Worker;

beforeAll(async () => {
  bootstrapServers = await sharedKafka();
  home = await mkdtemp(join(tmpdir(), "dry-run-"));
  await writeFile(join(home, "canary.properties"), `secret=${CANARY}\n`);
  const plugins = ["../../connect-file", "fixtures/naughty-plugin", "fixtures/leaky-plugin"];
  worker = await startStandalone(
    {
      "bootstrap.servers": bootstrapServers,
      "key.converter": "org.apache.kafka.connect.storage.StringConverter",
      "value.converter": "org.apache.kafka.connect.storage.StringConverter",
      "offset.storage.file.filename": join(home, "offsets"),
      "plugin.path": plugins
        .map((plugin) => fileURLToPath(new URL(plugin, import.meta.url)))
        .join(","),
      "task.threads": "1",
      listeners: "http://127.0.0.1:0",
      "config.providers": "file",
      "config.providers.file.class": "FileConfigProvider",
    },
    new Logging((entry) => log.push(entry)),
  );
  worker.ready();
  await createTopic(bootstrapServers, topic, 1, {});
  await writeRecords(bootstrapServers, topic, [
    { key: "a", value: `{"id": 1, "text": "first"}` },
    { key: "b", value: POISON },
    { key: "c", value: null },
    { key: "d", value: `{"id": 4, "text": "${"x".repeat(2_000)}"}` },
  ]);
});

afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  if (home) await rm(home, { recursive: true });
});

/** An answer that the API's own document tells of. */
async function dryRun(body: unknown, query = ""): Promise<DryRun> {
  const patience = query.includes("timeout_ms") ? "" : `${query ? "&" : "?"}timeout_ms=60000`;
  const path = `/millrace/dry-run${query}${patience}`;
  const answer = await send(worker.url, "POST", path, body);
  expect(answer).toMatchObject({ status: 200 });
  expect(undocumented("POST", path, answer)).toBe("");
  return answer.body as DryRun;
}

function sink(more: Record<string, string> = {}) {
  return {
    "connector.class": "FileStreamSink",
    topics: topic,
    file: join(home, "sink.out"),
    "tasks.max": "2",
    "value.converter": JSON_CONVERTER,
    "value.converter.schemas.enable": "false",
    ...more,
  };
}

const TRANSFORMS = {
  transforms: "live,note",
  "transforms.live.type": "org.apache.kafka.connect.transforms.Filter",
  "transforms.live.predicate": "gone",
  predicates: "gone",
  "predicates.gone.type": "org.apache.kafka.connect.transforms.predicates.RecordIsTombstone",
  "transforms.note.type": "org.apache.kafka.connect.transforms.InsertField$Value",
  "transforms.note.static.field": "note",
  "transforms.note.static.value": "dry",
};

async function groups(): Promise<string[]> {
  const admin = kafkajs(bootstrapServers).admin();
  await admin.connect();
  try {
    return (await admin.listGroups()).groups.map(({ groupId }) => groupId);
  } finally {
    await admin.disconnect();
  }
}

describe("a sink", () => {
  test("is tried out on the records of its topics, of which nothing is written", async () => {
    const name = uniqueName("sink");
    const answer = await dryRun({ name, config: sink({ ...TRANSFORMS, fiel: "x" }) });
    expect(answer).toMatchObject({
      name,
      type: "sink",
      verdict: "problems",
      validation: { outcome: "passed", error_count: 0, errors: [] },
      unknown_keys: [{ key: "fiel", nearest: "file" }],
      diff: { exists: false, added: { topics: topic }, removed: {}, changed: {} },
      plan: { outcome: "passed", tasks_max: 2 },
      connection: { outcome: "passed", message: expect.stringContaining("it can be made") },
      records: { outcome: "failed", notes: [] },
    });
    const task = expect.objectContaining({ topics: topic, file: join(home, "sink.out") });
    expect(answer.plan).toMatchObject({ tasks: [task, task] });
    const { records } = answer.records as Extract<DryRun["records"], { records: unknown }>;
    expect(records).toEqual([
      {
        from: { topic, partition: 0, offset: 0 },
        outcome: "passed",
        before: expect.objectContaining({
          key: { schema: "STRING", text: `"a"` },
          value: { schema: null, text: `{"id":1,"text":"first"}` },
        }),
        after: expect.objectContaining({
          topic,
          value: { schema: null, text: `{"id":1,"text":"first","note":"dry"}` },
        }),
      },
      {
        from: { topic, partition: 0, offset: 1 },
        outcome: "failed",
        failure: {
          stage: "VALUE_CONVERTER",
          class: JSON_CONVERTER,
          error: expect.stringContaining("Unexpected character ('n'"),
        },
      },
      {
        from: { topic, partition: 0, offset: 2 },
        outcome: "filtered",
        before: expect.objectContaining({ value: { schema: null, text: null } }),
      },
      expect.objectContaining({ outcome: "passed" }),
    ]);
    expect(records[3]!.after!.value).toMatchObject({ truncated: true });
    expect(records[3]!.after!.value.text).toHaveLength(1_000);
    expect(existsSync(join(home, "sink.out"))).toBe(false);
    expect(await groups()).not.toContain(`connect-${name}`);
    expect((await send(worker.url, "GET", "/connectors")).body).toEqual([]);
  });

  test("can be tried on what came last, on part of it, and without the other steps", async () => {
    const flat = { name: uniqueName("sink"), ...sink() };
    const latest = await dryRun(flat, "?parts=records&from=latest&max_records=1");
    expect(latest).not.toHaveProperty("plan");
    expect(latest).not.toHaveProperty("connection");
    expect(latest.records).toMatchObject({ records: [{ from: { offset: 3 } }] });
    const none = await dryRun({ ...flat, topics: uniqueName("none") }, "?parts=records");
    expect(none.records).toMatchObject({
      records: [],
      notes: [expect.stringContaining("does not exist")],
    });
    const valid = await dryRun(flat, "?parts=validation&full=true");
    expect(Object.keys(valid)).not.toContain("records");
    expect(valid.validation.configs!.length).toBeGreaterThan(20);
  });

  test("that exists is compared with what it is", async () => {
    const name = uniqueName("sink");
    const password = { "consumer.override.sasl.jaas.config": `user password="${CANARY}";` };
    await send(worker.url, "PUT", `/connectors/${name}/config`, sink({ ...password, old: "1" }));
    const changed = sink({ "tasks.max": "1", ...password });
    const answer = await dryRun({ name, config: changed }, "?parts=validation");
    expect(answer.diff).toEqual({
      exists: true,
      added: {},
      removed: { old: "1" },
      changed: { "tasks.max": { from: "2", to: "1" } },
    });
    expect(JSON.stringify(answer)).not.toContain(CANARY);
    await send(worker.url, "DELETE", `/connectors/${name}`);
  });
});

test("of a configuration that is not valid nothing runs", async () => {
  const { topics: _, ...config } = sink();
  const answer = await dryRun({ name: "bad", config: { ...config, topcis: topic } });
  const skipped = { outcome: "skipped", reason: "The configuration is not valid" };
  expect(answer).toMatchObject({
    verdict: "problems",
    validation: {
      outcome: "failed",
      error_count: 2,
      errors: [
        { key: "topics", errors: [expect.stringContaining("topics")] },
        { key: "topics.regex", errors: [expect.stringContaining("topics")] },
      ],
    },
    unknown_keys: [{ key: "topcis", nearest: "topics" }],
    plan: skipped,
    connection: skipped,
    records: skipped,
  });
});

describe("a source", () => {
  test("is polled once, and nothing of it is written", async () => {
    const file = join(home, "source.txt");
    await writeFile(file, "one\ntwo\nthree\n");
    const target = uniqueName("lines");
    const name = uniqueName("source");
    const config = {
      "connector.class": "FileStreamSource",
      file,
      topic: target,
      transforms: "wrap",
      "transforms.wrap.type": "org.apache.kafka.connect.transforms.HoistField$Value",
      "transforms.wrap.field": "line",
    };
    const answer = await dryRun({ name, config }, "?max_records=2");
    expect(answer).toMatchObject({
      verdict: "ok",
      type: "source",
      plan: { tasks: [{ file, topic: target }] },
      connection: { message: expect.stringContaining("14 bytes") },
      records: {
        records: [
          {
            from: {
              source_partition: JSON.stringify({ filename: file }),
              source_offset: `{"position":4}`,
            },
            outcome: "passed",
            before: { topic: target, value: { schema: "STRING", text: `"one"` } },
            after: { value: { schema: "STRUCT", text: `{"line":"one"}` } },
            written: { value: { encoding: "utf8", text: "Struct{line=one}" } },
          },
          { from: { source_offset: `{"position":8}` } },
        ],
      },
    });
    const admin = kafkajs(bootstrapServers).admin();
    await admin.connect();
    expect(await admin.listTopics()).not.toContain(target);
    await admin.disconnect();

    // A second instance beside the first would read the same.
    await send(worker.url, "PUT", `/connectors/${name}/config`, config);
    const beside = await dryRun({ name, config }, "?parts=records");
    expect(beside.records).toMatchObject({
      outcome: "skipped",
      reason: expect.stringContaining("is not stopped"),
    });
    await send(worker.url, "DELETE", `/connectors/${name}`);
  });
});

describe("a plugin that does not behave", () => {
  const naughty = (behaviour: string) => ({ "connector.class": "test.Source", behaviour });
  const failed = (reason: RegExp) => ({
    outcome: "failed",
    reason: expect.stringMatching(reason) as string,
  });

  test.each([
    ["throw:connector-start", /thrown in connector-start/],
    ["exit:task-configs", /process.exit/],
  ])("%s fails its step, and no other", async (behaviour, reason) => {
    const config = naughty(behaviour);
    const answer = await dryRun({ name: "naughty", config }, "?parts=plan,connection");
    expect(answer).toMatchObject({
      verdict: "problems",
      validation: { outcome: "passed" },
      plan: failed(reason),
      connection: { outcome: "passed", message: "It is there" },
    });
  });

  test("is cut off where it does not come back, be it in its validation", async () => {
    // Long enough for a thread to start on a busy machine.
    const run = (behaviour: string, part: string) =>
      dryRun({ name: "naughty", config: naughty(behaviour) }, `?timeout_ms=10000&parts=${part}`);
    const [validate, plan] = await Promise.all([
      run("spin:validate", "plan"),
      run("spin:task-configs", "plan"),
    ]);
    expect(validate.validation).toMatchObject(failed(/validate did not answer within 10000 ms/));
    expect(validate.plan).toMatchObject({ outcome: "skipped" });
    expect(plan.plan).toMatchObject(failed(/planTasks did not answer within 10000 ms/));
    const [thrown, silent] = await Promise.all([
      run("throw:poll", "records"),
      run("good", "records"),
    ]);
    expect(thrown.records).toMatchObject(failed(/thrown in poll/));
    expect(silent.records).toMatchObject({
      outcome: "passed",
      records: [],
      notes: [expect.stringContaining("No records came within")],
    });
  });

  test("holds up no more than two at once, and for no longer than it is given", async () => {
    const body = { name: "naughty", config: naughty("hang:connector-start") };
    const path = "/millrace/dry-run?timeout_ms=3000&parts=plan";
    const running = [1, 2].map(() => send(worker.url, "POST", path, body));
    // The third is refused as soon as both have begun.
    await until("a dry run is refused", async () => {
      const third = await send(worker.url, "POST", "/millrace/dry-run?parts=validation", body);
      expect(undocumented("POST", path, third)).toBe("");
      return third.status === 429;
    });
    const answers = await Promise.all(running);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await dryRun(body, "?parts=validation")).verdict).toBe("ok");
  });

  test.each([
    ["connector-start", "plan,connection"],
    ["task-start", "records"],
    ["poll", "records"],
  ])("tells no secret in %s", async (leak, parts) => {
    const config = {
      "connector.class": "test.LeakySource",
      secret: `\${file:${join(home, "canary.properties")}:secret}`,
      leak,
    };
    log.length = 0;
    const answer = await dryRun({ name: "leaky", config }, `?parts=${parts}`);
    expect(answer.verdict).toBe("problems");
    expect(answer.connection ?? { outcome: "not offered" }).toEqual({ outcome: "not offered" });
    expect(JSON.stringify(answer)).toContain("[hidden]");
    expect(JSON.stringify([answer, log])).not.toContain(CANARY);
  });
});

test.each([
  ["?parts=plan,all", "A dry run has no part all"],
  ["?timeout_ms=0", "timeout_ms must be a whole number from 1000 to 60000"],
  ["?max_records=many", "max_records must be"],
  ["?from=middle", "from must be one of earliest, latest"],
])("a query that makes no sense is refused: %s", async (query, message) => {
  const answer = await send(worker.url, "POST", `/millrace/dry-run${query}`, sink());
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({ message: expect.stringContaining(message) });
});

test("a class that nobody has is refused, and so is another name in the configuration", async () => {
  const post = (body: unknown) => send(worker.url, "POST", "/millrace/dry-run", body);
  const unknown = await post({ name: "a", config: sink({ "connector.class": "Nowhere" }) });
  expect(unknown.status).toBe(400);
  expect(unknown.body).toMatchObject({ message: expect.stringContaining("Nowhere") });
  const other = await post({ name: "a", config: sink({ name: "b" }) });
  expect(other.status).toBe(400);
});
