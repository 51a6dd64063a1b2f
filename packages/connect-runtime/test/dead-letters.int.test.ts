import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sharedKafka } from "@millrace/services";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createTopic, kafkajs, readRecords, uniqueName } from "./support/kafka-topics.ts";
import { readFirst } from "./support/letters.ts";
import { StandaloneWorker } from "./support/standalone-worker.ts";

const LONG = { timeout: 60_000, interval: 100 };
const JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter";
const CLASS_NAME = "__connect.errors.exception.class.name";

/** Values of a topic's first partition, in chunks that fit into requests. */
async function write(
  bootstrapServers: string,
  topic: string,
  values: readonly string[],
): Promise<void> {
  const producer = kafkajs(bootstrapServers).producer();
  await producer.connect();
  for (let i = 0; i < values.length; i += 2_000) {
    const messages = values.slice(i, i + 2_000).map((value) => ({ value, partition: 0 }));
    await producer.send({ topic, messages });
  }
  await producer.disconnect();
}

/** A topic, a worker, and a sink that reads the one in the other. */
async function startSink(
  values: readonly string[],
  config: Readonly<Record<string, string>>,
  workerProps: Readonly<Record<string, string>> = {},
) {
  const bootstrapServers = await sharedKafka();
  const name = uniqueName("errors");
  const dlq = `${name}-dlq`;
  await createTopic(bootstrapServers, name, 1, {});
  await write(bootstrapServers, name, values);
  const worker = await StandaloneWorker.start(bootstrapServers, workerProps);
  await worker.client.create(name, {
    "connector.class": "FileStreamSink",
    topics: name,
    file: worker.fileOf(name),
    "errors.tolerance": "all",
    "errors.deadletterqueue.topic.name": dlq,
    "errors.deadletterqueue.topic.replication.factor": "1",
    "errors.deadletterqueue.context.headers.enable": "true",
    ...config,
  });
  return { bootstrapServers, name, dlq, worker };
}

const headersOf = ({ headers }: { headers: readonly (readonly [string, string])[] }) =>
  Object.fromEntries(headers);

describe("a sink", () => {
  test("with one poison record in a thousand delivers all others, and loses none", async () => {
    const count = 20_000;
    const isPoison = (n: number) => n % 1_000 === 500;
    const numbers = Array.from({ length: count }, (_, n) => n);
    const { bootstrapServers, name, dlq, worker } = await startSink(
      numbers.map((n) => (isPoison(n) ? `poison ${n}` : `{"n":${n}}`)),
      { "value.converter": JSON_CONVERTER, "value.converter.schemas.enable": "false" },
    );
    await expect.poll(() => worker.committed(name), LONG).toBe(count);
    const good = numbers.filter((n) => !isPoison(n));
    expect(worker.written(name)).toBe(good.map((n) => `{n=${n}}\n`).join(""));
    const poison = numbers.filter(isPoison);
    const letters = await readFirst(bootstrapServers, dlq, poison.length);
    expect(letters.map(({ value }) => value?.toString())).toEqual(poison.map((n) => `poison ${n}`));
    expect(letters.map((letter) => headersOf(letter)["__connect.errors.offset"])).toEqual(
      poison.map(String),
    );
    for (const letter of letters) {
      expect(headersOf(letter)).toMatchObject({
        "__connect.errors.topic": name,
        "__connect.errors.connector.name": name,
        "__connect.errors.stage": "VALUE_CONVERTER",
        [CLASS_NAME]: "org.apache.kafka.connect.errors.DataException",
      });
    }
    // Read by another client, so that none more are there.
    expect(await readRecords(bootstrapServers, dlq)).toHaveLength(poison.length);
    const metrics = await worker.client.metrics();
    expect(metrics.records(name)).toEqual({
      read: count,
      written: good.length,
      filtered: 0,
      skipped: 0,
      dead_lettered: poison.length,
      held: 0,
    });
    const errors = (attribute: string) =>
      metrics.value(`kafka_connect_task_error_metrics_${attribute}{connector="${name}",task="0"}`);
    expect(errors("total_record_errors")).toBe(poison.length);
    expect(errors("total_records_skipped")).toBe(poison.length);
    expect(errors("deadletterqueue_produce_requests")).toBe(poison.length);
    expect(errors("deadletterqueue_produce_failures")).toBe(0);
    expect(errors("last_error_timestamp")).toBeGreaterThan(0);
    expect(await worker.endOf(name)).toBe(
      "read 20000, written 19980, filtered 0, skipped 0, dead-lettered 20, still held 0",
    );
  });

  test("that reports records has them in the dead-letter topic before their offsets are committed", async () => {
    const { bootstrapServers, name, dlq, worker } = await startSink(
      ["a", "report 1", "b", "late 2", "c", "report 3"],
      { "connector.class": "test.PickySink" },
    );
    await expect.poll(() => worker.committed(name), LONG).toBe(6);
    const letters = await readFirst(bootstrapServers, dlq, 3);
    const found = letters.map(({ value }) => String(value));
    expect(found.toSorted()).toEqual(["late 2", "report 1", "report 3"]);
    expect(headersOf(letters[0]!)).toMatchObject({
      "__connect.errors.stage": "TASK_PUT",
      "__connect.errors.class.name": "org.apache.kafka.connect.sink.SinkTask",
      "__connect.errors.exception.message": `Odd: ${found[0]}`,
    });
    expect(worker.written(name)).toBe("a\nb\nc\n");
    expect(await worker.endOf(name)).toBe(
      "read 6, written 3, filtered 0, skipped 0, dead-lettered 3, still held 0",
    );
  });

  test("that reports a record without tolerance fails after put, and the letter is written", async () => {
    const { bootstrapServers, name, dlq, worker } = await startSink(["a", "report 1"], {
      "connector.class": "test.PickySink",
      "errors.tolerance": "none",
    });
    await expect
      .poll(async () => (await worker.client.status(name))?.tasks[0]?.trace, LONG)
      .toMatch(
        /Exiting WorkerSinkTask due to unrecoverable exception\.[^]*Tolerance exceeded in error handler[^]*at offset 1 fails the task/,
      );
    const [letter] = await readFirst(bootstrapServers, dlq, 1);
    expect(String(letter?.value)).toBe("report 1");
    expect(await worker.committed(name)).toBeUndefined();
    // What the task has measured stays, as long as it is FAILED.
    const metrics = await worker.client.metrics();
    const task = `connector="${name}",task="0"`;
    expect(metrics.series.join("\n")).toContain(
      `kafka_connect_connector_task_metrics{${task},status="failed",connector_class="test.PickySink"`,
    );
    expect(metrics.records(name)).toMatchObject({ read: 2, written: 0, held: 2 });
    expect(metrics.value(`kafka_connect_task_error_metrics_total_record_errors{${task}}`)).toBe(1);
    const failed = `connect_worker_metrics_connector_failed_task_count{connector="${name}"}`;
    expect(metrics.value(`kafka_connect_${failed}`)).toBe(1);
    await worker.client.request("DELETE", `/connectors/${name}`);
    expect((await worker.client.metrics()).series.join("\n")).not.toContain(name);
  });

  test("has nobody to report to without a dead-letter topic and log", async () => {
    const { name, worker } = await startSink(["a", "report 1"], {
      "connector.class": "test.PickySink",
      "errors.deadletterqueue.topic.name": "",
    });
    await expect.poll(() => worker.committed(name), LONG).toBe(2);
    expect(await worker.endOf(name)).toContain("written 2, filtered 0, skipped 0,");
  });

  test("finds the guilty records of a refused batch with errors.put.isolate", async () => {
    const values = Array.from({ length: 400 }, (_, n) =>
      n === 77 || n === 300 ? `refuse ${n}` : `v ${n}`,
    );
    const { bootstrapServers, name, dlq, worker } = await startSink(values, {
      "connector.class": "test.PickySink",
      "errors.put.isolate": "true",
    });
    await expect.poll(() => worker.committed(name), LONG).toBe(400);
    const letters = await readFirst(bootstrapServers, dlq, 2);
    expect(letters.map(({ value }) => String(value))).toEqual(["refuse 77", "refuse 300"]);
    expect(headersOf(letters[1]!)).toMatchObject({
      "__connect.errors.stage": "TASK_PUT",
      "__connect.errors.offset": "300",
      "__connect.errors.exception.message": "No place for refuse 300",
    });
    // This sink writes nothing of a batch that it refuses, so nothing comes twice either.
    expect(worker.written(name)).toBe(
      values
        .filter((value) => !value.startsWith("refuse"))
        .map((value) => `${value}\n`)
        .join(""),
    );
    expect(await worker.endOf(name)).toBe(
      "read 400, written 398, filtered 0, skipped 0, dead-lettered 2, still held 0",
    );
  });

  test("tells in headers no secret that a config provider gave the connector", async () => {
    vi.stubEnv("DEAD_LETTERS_SECRET", "hunter2-of-the-sink");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { bootstrapServers, name, dlq, worker } = await startSink(
      ["refuse hunter2-of-the-sink"],
      {
        "connector.class": "test.PickySink",
        "errors.put.isolate": "true",
        "errors.log.enable": "true",
        password: "${env:DEAD_LETTERS_SECRET}",
      },
      {
        "config.providers": "env",
        "config.providers.env.class":
          "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
      },
    );
    await expect.poll(() => worker.committed(name), LONG).toBe(1);
    const [letter] = await readFirst(bootstrapServers, dlq, 1);
    expect(headersOf(letter!)["__connect.errors.exception.message"]).toBe(
      "No place for refuse [hidden]",
    );
    expect(`${JSON.stringify(letter!.headers)}${JSON.stringify(worker.log)}`).not.toContain(
      "hunter2",
    );
  });

  test("fails on a refused batch without it, as in Java", async () => {
    const { name, worker } = await startSink(["a", "refuse 1"], {
      "connector.class": "test.PickySink",
    });
    await expect
      .poll(async () => (await worker.client.status(name))?.tasks[0]?.trace, LONG)
      .toMatch(/unrecoverable exception\.[^]*No place for refuse 1/);
    expect(await worker.committed(name)).toBeUndefined();
  });
});

describe("a source with a dead-letter topic of its own", () => {
  test("keeps what it cannot transform, and commits past it", async () => {
    const bootstrapServers = await sharedKafka();
    const name = uniqueName("errors");
    const dlq = `${name}-dlq`;
    await createTopic(bootstrapServers, name, 1, {});
    const worker = await StandaloneWorker.start(bootstrapServers);
    const file = join(worker.folder, "in.txt");
    writeFileSync(file, "1\nx\n3\n");
    const config = {
      "connector.class": "FileStreamSource",
      file,
      topic: name,
      transforms: "x",
      "transforms.x.type": "org.apache.kafka.connect.transforms.Cast$Value",
      "transforms.x.spec": "int32",
      "value.converter": JSON_CONVERTER,
      "value.converter.schemas.enable": "false",
      "errors.tolerance": "all",
      "errors.deadletterqueue.source.topic.name": dlq,
      "errors.deadletterqueue.source.topic.replication.factor": "1",
    };
    await worker.client.create(name, config);
    await expect.poll(() => worker.committed(name), LONG).toBe(6);
    // Nothing good comes after this one: its own offset is committed, so it is not read again.
    appendFileSync(file, "y\n");
    await expect.poll(() => worker.committed(name), LONG).toBe(8);
    const letters = await readFirst(bootstrapServers, dlq, 2);
    expect(letters.map(({ value }) => String(value))).toEqual(['"x"', '"y"']);
    const entries = letters[0]!.headers.filter(([header]) => !header.endsWith("stacktrace"));
    expect(entries).toEqual([
      ["__connect.errors.topic", name],
      ["__connect.errors.source.partition", JSON.stringify({ filename: file })],
      ["__connect.errors.source.offset", '{"position":4}'],
      ["__connect.errors.source.key.format", "converter"],
      ["__connect.errors.source.value.format", "converter"],
      ["__connect.errors.connector.name", name],
      ["__connect.errors.task.id", "0"],
      ["__connect.errors.stage", "TRANSFORMATION"],
      ["__connect.errors.class.name", "org.apache.kafka.connect.transforms.Cast$Value"],
      [CLASS_NAME, "org.apache.kafka.connect.errors.DataException"],
      ["__connect.errors.exception.message", "Value (x) was out of range for requested data type"],
    ]);
    expect((await readRecords(bootstrapServers, name)).map(({ value }) => value)).toEqual([
      "1",
      "3",
    ]);
    expect(await worker.endOf(name)).toBe(
      "read 4, written 2, filtered 0, skipped 0, dead-lettered 2, still held 0",
    );
    await worker.client.ask("resume", name);
    await worker.client.waitFor(name);
    appendFileSync(file, "5\n");
    await expect.poll(() => worker.committed(name), LONG).toBe(10);
    expect(await readRecords(bootstrapServers, dlq)).toHaveLength(2);
  });
});
