import { DataError } from "@millrace/connect-api";
import { KafkaError, type RecordHeader } from "@millrace/kafka-client";
import { expect, it } from "vitest";
import { failedRecord } from "../../test/support/failed-records.ts";
import type { DeadLetterConfig } from "./dead-letter-config.ts";
import { DeadLetterQueue, type LetterProducer } from "./dead-letter-queue.ts";

const CONFIG: DeadLetterConfig = {
  topic: "dlq",
  replicationFactor: 1,
  contextHeaders: true,
  key: "errors.deadletterqueue.topic.name",
};
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Row {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestampMs: number;
  readonly headers: readonly RecordHeader[];
}

/** Brokers that answer when the test says so. */
function setUp(config: Partial<DeadLetterConfig> = {}) {
  const rows: Row[] = [];
  const failures: Error[] = [];
  const answers: ((error?: KafkaError) => void)[] = [];
  let isLocated: Promise<void> = Promise.resolve();
  const producer: LetterProducer = {
    isFull: false,
    ready: async () => {},
    locate: () => isLocated,
    partition: () => 0,
    group: () => ({
      size: 1,
      append: (_topic, _partition, timestampMs, key, value, headers) =>
        void rows.push({ key, value, timestampMs, headers: headers ?? [] }),
      send: () =>
        new Promise((resolve) =>
          answers.push((error) => resolve({ parts: [], ...(error && { error }) })),
        ),
    }),
  };
  const queue = new DeadLetterQueue(
    { ...CONFIG, ...config },
    { connector: "c", task: 3, hide: (text) => text.replaceAll("hush", "[hidden]") },
    producer,
    (error) => failures.push(error),
  );
  const locate = (until: Promise<void>) => void (isLocated = until);
  return { queue, rows, failures, answers, locate };
}

const text = ({ key, value }: RecordHeader) => [key, String(value)];

it("writes what was consumed, and Java's headers after its own, in Java's order", async () => {
  const { queue, rows, answers } = setUp();
  const written = queue.write(failedRecord({ error: new DataError("bad") }));
  await turn();
  expect(rows).toMatchObject([{ key: "k", value: "v", timestampMs: 7 }]);
  expect(rows[0]!.headers.map(text)).toEqual([
    ["own", "h"],
    ["__connect.errors.topic", "t"],
    ["__connect.errors.partition", "0"],
    ["__connect.errors.offset", "5"],
    ["__connect.errors.connector.name", "c"],
    ["__connect.errors.task.id", "3"],
    ["__connect.errors.stage", "TRANSFORMATION"],
    ["__connect.errors.class.name", "org.example.X"],
    ["__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"],
    ["__connect.errors.exception.message", "bad"],
    [
      "__connect.errors.exception.stacktrace",
      expect.stringMatching(
        /^org\.apache\.kafka\.connect\.errors\.DataException: bad\n\tat [^]*\n$/,
      ),
    ],
  ]);
  answers[0]!();
  await written;
});

it("tells no secrets in them", async () => {
  const { queue, rows } = setUp();
  const error = new DataError("login with hush failed", { cause: new Error("hush is wrong") });
  void queue.write(failedRecord({ error }));
  await turn();
  const headers = rows[0]!.headers.map(text).join("\n");
  expect(headers).not.toContain("hush");
  expect(headers).toContain("login with [hidden] failed");
});

it("leaves them out where they are not wanted", async () => {
  const { queue, rows } = setUp({ contextHeaders: false });
  void queue.write(failedRecord());
  await turn();
  expect(rows[0]!.headers.map(text)).toEqual([["own", "h"]]);
});

it("is settled when every record is acknowledged, whatever the order of the answers", async () => {
  const { queue, answers } = setUp();
  void queue.write(failedRecord());
  void queue.write(failedRecord());
  let settled = false;
  const done = queue.settled().then(() => (settled = true));
  await turn();
  answers[1]!();
  await turn();
  expect(settled).toBe(false);
  answers[0]!();
  await done;
});

it("keeps the order of records while the topic cannot be found, and while one is made slowly", async () => {
  const { queue, rows, locate } = setUp();
  let found = () => {};
  locate(new Promise((resolve) => (found = resolve)));
  const slow = { ...failedRecord().origin, letter: async () => turn().then(() => letter("1")) };
  const letter = (value: string) => ({
    key: null,
    value,
    timestampMs: -1,
    headers: [],
    place: [],
  });
  void queue.write(failedRecord({ origin: slow }));
  void queue.write(failedRecord({ origin: { ...slow, letter: () => letter("2") } }));
  await turn();
  expect(rows).toEqual([]);
  found();
  await expect.poll(() => rows.map(({ value }) => value)).toEqual(["1", "2"]);
});

it("names record, topic and key of what could not be written, and is never settled again", async () => {
  const { queue, answers, failures } = setUp();
  const written = queue.write(failedRecord());
  await turn();
  answers[0]!(new KafkaError("TOPIC_AUTHORIZATION_FAILED", "give the principal access"));
  await expect(written).rejects.toThrow(
    /dead letter queue\. topic=dlq \(errors\.deadletterqueue\.topic\.name\): the record of t-0 at offset 5/,
  );
  expect(failures).toEqual([await written.catch((error: unknown) => error)]);
  const next = queue.write(failedRecord());
  await turn();
  answers[1]!();
  await next;
  await expect(queue.settled()).rejects.toThrow("Could not produce message");
});

it("fails a record that does not fit into a request", async () => {
  const { queue, failures } = setUp();
  const origin = {
    ...failedRecord().origin,
    letter: () => Promise.reject(new DataError("no letter")),
  };
  await expect(queue.write(failedRecord({ origin }))).rejects.toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ message: "no letter" }) }),
  );
  expect(failures).toHaveLength(1);
});

it("makes those wait who report faster than the brokers take it", async () => {
  const { queue, answers } = setUp({ contextHeaders: false });
  for (let i = 0; i < 10_000; i++) void queue.write(failedRecord());
  let isReady = false;
  const ready = queue.ready(new AbortController().signal).then(() => (isReady = true));
  await expect.poll(() => answers.length).toBe(10_000);
  expect(isReady).toBe(false);
  answers[0]!();
  await ready;
  await queue.ready(AbortSignal.abort());
});
