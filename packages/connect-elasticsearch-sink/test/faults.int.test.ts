import { isRetriable, type SinkTask, TopicPartitionMap } from "@millrace/connect-api";
import { sharedElasticsearch } from "@millrace/services";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ElasticsearchSinkConnector } from "../src/index.ts";
import { documents, dropIndex, uniqueName } from "./elasticsearch.ts";
import { type Fault, FaultProxy } from "./fault-proxy.ts";
import { commitUntil, failureOf, record, startElasticsearchSink } from "./sink.ts";

let topic: string;
let proxy: FaultProxy;
beforeEach(async () => {
  topic = uniqueName();
  proxy = await FaultProxy.start(await sharedElasticsearch());
});
afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
  await dropIndex(topic);
});

const start = (props: Record<string, string> = {}) =>
  startElasticsearchSink(topic, { "connection.url": proxy.url, "batch.size": "10", ...props });

const records = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => record(topic, from + i, `k${from + i}`, { n: from + i }));

const ids = async () => [...(await documents(topic)).keys()].toSorted();
const idsOf = (count: number) =>
  records(count)
    .map(({ key }) => String(key))
    .toSorted();

describe("what is turned away for the moment", () => {
  const everyThird = (i: number) => i % 3 === 0;
  test.each<[string, Fault]>([
    ["429 for the request", { kind: "answer", status: 429 }],
    ["503 for the request", { kind: "answer", status: 503, body: "<html>busy</html>" }],
    ["429 for some records", { kind: "items", status: 429, pick: everyThird }],
    ["503 for all records", { kind: "items", status: 503, pick: () => true }],
    ["a connection reset before", { kind: "reset-before" }],
    ["a connection reset after it was applied", { kind: "reset-after" }],
    ["an answer that comes too late", { kind: "answer-late", ms: 1500 }],
    ["an answer that is not Elasticsearch's", { kind: "answer", status: 200, body: "{}" }],
  ])("is written in the end: %s", async (_name, fault) => {
    proxy.fault = ({ number }) => (number < 8 ? fault : undefined);
    await using run = await start({ "max.retries": "20", "read.timeout.ms": "500" });
    await run.put(records(35));
    await commitUntil(run, topic, 35);
    expect(await ids()).toEqual(idsOf(35));
    expect(proxy.bulks.length).toBeGreaterThan(8);
  });

  test("only that is sent again", async () => {
    proxy.fault = ({ number }) =>
      number === 0 ? { kind: "items", status: 429, pick: everyThird } : undefined;
    await using run = await start();
    await run.put(records(10));
    await commitUntil(run, topic, 10);
    const again = [0, 3, 6, 9].map((n) => `${topic}/k${n}`);
    expect(proxy.bulks.map(({ documents: sent }) => sent.length)).toEqual([10, 4]);
    expect(proxy.bulks[1]?.documents).toEqual(again);
  });

  test("holds back the offsets after it, while the rest goes on", async () => {
    let blocked = true;
    proxy.fault = ({ documents: sent }) =>
      blocked && sent.includes(`${topic}/k0`)
        ? { kind: "items", status: 429, pick: (i) => sent[i] === `${topic}/k0` }
        : undefined;
    await using run = await start({ "max.retries": "10000", "retry.backoff.ms": "0" });
    await run.put(records(50));
    await vi.waitFor(async () => expect(await ids()).toHaveLength(49), { timeout: 10_000 });
    expect((await run.commit()).get({ topic, partition: 0 })).toBeUndefined();
    blocked = false;
    await commitUntil(run, topic, 50);
    expect(await ids()).toEqual(idsOf(50));
  });

  test("fails the task when max.retries is used up, and says what to do", async () => {
    const k11 = `${topic}/k11`;
    proxy.fault = ({ documents: sent }) => ({
      kind: "items",
      status: 429,
      pick: (i) => sent[i] === k11,
    });
    await using run = await start({ "max.retries": "2", "max.in.flight.requests": "1" });
    await run.put(records(10));
    await commitUntil(run, topic, 10);
    await run.put(records(10, 10));
    const { message } = await failureOf(run);
    expect(message).toMatch(
      new RegExp(`record ${topic}-0@11 .document "k11" of index ${topic}. with status 429`),
    );
    expect(message).toMatch(
      /lower max.in.flight.requests.*given up after 3 attempts \(max.retries=2/,
    );
    expect((await run.commit()).get({ topic, partition: 0 })).toBe(11);
    expect(proxy.bulks).toHaveLength(4);
  });
});

describe("a request that is too large", () => {
  const limit =
    (bytes: number): FaultProxy["fault"] =>
    (bulk) =>
      bulk.bytes > bytes ? { kind: "answer", status: 413 } : undefined;

  test("is cut in two until it fits, and smaller ones are sent from then on", async () => {
    proxy.fault = limit(1000);
    await using run = await start({ "batch.size": "100" });
    await run.put(records(100));
    await commitUntil(run, topic, 100);
    const refused = () => proxy.bulks.filter(({ bytes }) => bytes > 1000).length;
    const refusedFirst = refused();
    expect(refusedFirst).toBeGreaterThan(0);
    await run.put(records(100, 100));
    await commitUntil(run, topic, 200);
    expect(refused()).toBe(refusedFirst);
    expect(await ids()).toEqual(idsOf(200));
    expect(run.logger.messages("warn").join()).toMatch(/too large \(413\); lower bulk.size.bytes/);
  });

  test("is a document that cannot be written when it has only one", async () => {
    proxy.fault = limit(1000);
    await using run = await start({ "behavior.on.malformed.documents": "ignore" });
    const large = record(topic, 1, "large", { text: "x".repeat(2000) });
    await run.put([record(topic, 0, "k0", { n: 0 }), large, record(topic, 2, "k2", { n: 2 })]);
    await commitUntil(run, topic, 3);
    expect(await ids()).toEqual(["k0", "k2"]);
    expect(run.reported.map(({ record: { key } }) => key)).toEqual(["large"]);
    expect(run.reported[0]?.error.message).toMatch(
      /too large \(413\); lower bulk.size.bytes.*document "large" of index/,
    );
  });
});

describe("the flow of records", () => {
  test("has at most max.in.flight.requests requests, and that many", async () => {
    proxy.fault = () => ({ kind: "pass-late", ms: 30 });
    await using run = await start({ "max.in.flight.requests": "3" });
    await run.put(records(200));
    await commitUntil(run, topic, 200);
    expect(proxy.mostInFlight).toBe(3);
  });

  test("goes on by itself once records were put", async () => {
    await using run = await start({ "max.in.flight.requests": "1" });
    await run.put(records(45));
    await vi.waitFor(async () => expect(await ids()).toEqual(idsOf(45)));
  });

  test("raises no warning however many requests there are", async () => {
    const warnings: string[] = [];
    const listener = ({ message }: Error) => warnings.push(message);
    process.on("warning", listener);
    try {
      proxy.fault = ({ number }) =>
        number < 20 ? { kind: "answer", status: 503 } : { kind: "pass-late", ms: 100 };
      await using run = await start({ "max.in.flight.requests": "20" });
      await run.put(records(200));
      await commitUntil(run, topic, 200);
      expect(proxy.mostInFlight).toBe(20);
    } finally {
      process.off("warning", listener);
    }
    expect(warnings).toEqual([]);
  });

  test("makes requests of batch.size records, or of bulk.size.bytes", async () => {
    await using run = await start({ "linger.ms": "200" });
    await run.put(records(25));
    await vi.waitFor(() => expect(proxy.bulks).toHaveLength(3));
    expect(proxy.bulks.map(({ documents: sent }) => sent.length)).toEqual([10, 10, 5]);

    await using small = await start({ "bulk.size.bytes": "500" });
    await small.put(records(20, 25));
    await commitUntil(small, topic, 45);
    const sizes = proxy.bulks.slice(3).map(({ bytes }) => bytes);
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
  });

  test("is compressed where that is asked for", async () => {
    await using run = await start({ "connection.compression": "true" });
    await run.put(records(5));
    await commitUntil(run, topic, 5);
    expect(proxy.bulks.every(({ compressed }) => compressed)).toBe(true);
    expect(await ids()).toEqual(idsOf(5));
  });

  test("stops at max.buffered.records until there is room", async () => {
    let held = true;
    proxy.fault = () => (held ? { kind: "items", status: 429, pick: () => true } : undefined);
    await using run = await start({
      "max.buffered.records": "50",
      "flush.timeout.ms": "1000",
      "max.retries": "100000",
      "retry.backoff.ms": "5",
    });
    await run.put(records(50));
    const task = run.tasks[0] as SinkTask;
    const more = records(10, 50);

    await expect(task.put(more, AbortSignal.timeout(20))).rejects.toThrow("aborted");

    const refusal = await Promise.resolve(task.put(more, new AbortController().signal)).catch(
      (error: unknown) => error as Error,
    );
    expect(isRetriable(refusal)).toBe(true);
    expect((refusal as Error).message).toMatch(/flush.timeout.ms \(1000 ms\).*the 50 records held/);

    held = false;
    await run.put(more);
    await commitUntil(run, topic, 60);
    expect(await ids()).toEqual(idsOf(60));
  });

  test("flush.synchronously lets a commit wait for what was taken", async () => {
    proxy.fault = () => ({ kind: "pass-late", ms: 200 });
    await using run = await start({ "flush.synchronously": "true" });
    await run.put(records(30));
    expect((await run.commit()).get({ topic, partition: 0 })).toBe(30);
  });

  test("goes on through another node where one is away", async () => {
    await using run = await start({ "connection.url": `http://127.0.0.1:1,${proxy.url}` });
    for (let i = 0; i < 10; i++) {
      await run.put(records(5, i * 5));
      await commitUntil(run, topic, (i + 1) * 5);
    }
    expect(await ids()).toEqual(idsOf(50));
  });
});

describe("partitions that are taken away", () => {
  const tp = () => [{ topic, partition: 0 }];

  test("have nothing written afterwards that waited for a retry", async () => {
    proxy.fault = () => ({ kind: "answer", status: 503 });
    await using run = await start({ "max.retries": "1000", "retry.backoff.ms": "60000" });
    const task = run.tasks[0] as SinkTask;
    await run.put(records(30));
    await vi.waitFor(() => expect(proxy.bulks).toHaveLength(3));
    await task.close(tp());
    proxy.fault = () => undefined;
    await task.open(tp());
    await run.put(records(5, 100));
    await commitUntil(run, topic, 105);
    expect(await ids()).toEqual(["k100", "k101", "k102", "k103", "k104"]);
  });

  test("are waited for while a request of theirs is on the wire", async () => {
    proxy.fault = () => ({ kind: "pass-late", ms: 300 });
    await using run = await start();
    const task = run.tasks[0] as SinkTask;
    await run.put(records(10));
    await vi.waitFor(() => expect(proxy.bulks).toHaveLength(1));
    await task.close(tp());
    expect(await ids()).toEqual(idsOf(10));
    expect(await task.preCommit(new TopicPartitionMap([[{ topic, partition: 0 }, 10]]))).toEqual(
      new TopicPartitionMap(),
    );
  });

  test("have nothing written afterwards of a request that was cut in two", async () => {
    proxy.fault = ({ documents: sent }) =>
      sent.length > 5 ? { kind: "answer", status: 413 } : { kind: "pass-late", ms: 200 };
    await using run = await start();
    const task = run.tasks[0] as SinkTask;
    await run.put(records(10));
    await vi.waitFor(() => expect(proxy.bulks).toHaveLength(2));
    await task.close(tp());
    await sleep(300);
    expect(await ids()).toEqual(idsOf(5));
  });

  test("have no failure of theirs held against the task", async () => {
    proxy.fault = () => ({ kind: "answer-late", ms: 200 });
    await using run = await start();
    const task = run.tasks[0] as SinkTask;
    await run.put([record(topic, 0, "k", { n: 1 })]);
    await commitUntil(run, topic, 1);
    await run.put([record(topic, 1, "bad", { n: "text" })]);
    await vi.waitFor(() => expect(proxy.bulks).toHaveLength(2));
    await task.close(tp());
    await task.put([], new AbortController().signal);
    expect(run.reported).toEqual([]);
  });
});

test("a task stops at once, whatever it waits for", async () => {
  proxy.fault = ({ number }) =>
    number === 0 ? { kind: "answer", status: 503 } : { kind: "pass-late", ms: 5000 };
  const run = await start({ "retry.backoff.ms": "600000", "read.timeout.ms": "60000" });
  await run.put(records(20));
  await vi.waitFor(() => expect(proxy.bulks).toHaveLength(2));
  const from = performance.now();
  await run.crash();
  expect(performance.now() - from).toBeLessThan(1000);
});

describe("errors say what to change", () => {
  const validate = (props: Record<string, string>) =>
    new ElasticsearchSinkConnector()
      .validate({ topics: topic, "connection.url": proxy.url, ...props })
      .then((values) => new Map(values.map(({ name, errors }) => [name, errors.join()])));

  test("nothing listens there", async () => {
    await using run = await start({ "connection.url": "http://127.0.0.1:1", "max.retries": "1" });
    await expect(run.put(records(1))).rejects.toThrow(
      /^Cannot look for index .* at http:\/\/127.0.0.1:1: .*ECONNREFUSED.*check connection.url.*given up after 2 attempts \(max.retries=1/,
    );
  });

  test("a wrong password, at start, in validation and in the connection test", async () => {
    const right = `Basic ${Buffer.from("writer:right").toString("base64")}`;
    proxy.authorization = right;
    const user = { "connection.username": "writer" };
    await using wrong = await start({ ...user, "connection.password": "hunter2" });
    const refusal = await wrong.put(records(1)).catch((error: unknown) => error as Error);
    expect(String(refusal)).toMatch(
      /refused user name writer or its password \(401\): check connection.username and connection.password/,
    );
    const errors = await validate({ ...user, "connection.password": "hunter2" });
    expect(errors.get("connection.username")).toMatch(/refused user name writer/);
    expect(errors.get("connection.password")).toMatch(/refused user name writer/);
    expect([String(refusal), wrong.logger.text(), ...errors.values()].join()).not.toContain(
      "hunter2",
    );
    expect((await validate({})).get("connection.username")).toMatch(
      /asks for a user name and password \(401\)/,
    );
    const test = (password: string) =>
      new ElasticsearchSinkConnector().testConnection({
        topics: topic,
        "connection.url": proxy.url,
        ...user,
        "connection.password": password,
      });
    await expect(test("hunter2")).rejects.toThrow(/refused user name writer/);
    await expect(test("right")).resolves.toBe(`The Elasticsearch cluster answers at ${proxy.url}`);

    await using run = await start({ ...user, "connection.password": "right" });
    await run.put(records(3));
    await commitUntil(run, topic, 3);
    expect(await ids()).toEqual(idsOf(3));
  });

  test.each([
    ["connection.api.key", "aWQ6c2VjcmV0", "ApiKey aWQ6c2VjcmV0"],
    ["connection.api.key", "id:secret", "ApiKey aWQ6c2VjcmV0"],
    ["connection.bearer.token", "AAEtoken", "Bearer AAEtoken"],
  ])("%s=%s is sent, and a wrong one is told", async (key, value, header) => {
    proxy.authorization = header;
    expect((await validate({ [key]: value })).get(key)).toBe("");
    await using run = await start({ [key]: value });
    await run.put(records(1));
    await commitUntil(run, topic, 1);
    const errors = await validate({ [key]: "hunter2" });
    expect(errors.get(key)).toMatch(new RegExp(`it refused ${key} \\(401\\): check that`));
    expect([...errors.values()].join()).not.toContain("hunter2");
  });

  test("validation does not wait for ever", async () => {
    const { url } = proxy;
    proxy.silent = true;
    const from = performance.now();
    const errors = await validate({ "read.timeout.ms": "300" });
    expect(performance.now() - from).toBeLessThan(5000);
    expect(errors.get("connection.url")).toMatch(
      new RegExp(`Cannot connect at ${url}: no answer within read.timeout.ms \\(300 ms\\)`),
    );
  });

  test("a server that is not Elasticsearch", async () => {
    proxy.product = undefined;
    const errors = await validate({});
    expect(errors.get("connection.url")).toMatch(
      /neither Elasticsearch 7.14 or newer nor OpenSearch; check/,
    );
  });

  test("an index that must not be written to", async () => {
    const url = await sharedElasticsearch();
    const blocked = await fetch(`${url}/${topic}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ settings: { "index.blocks.write": true } }),
    });
    expect(blocked.ok).toBe(true);
    await using run = await start();
    await run.put(records(1));
    expect((await failureOf(run)).message).toMatch(
      /record .*@0 .*cluster_block_exception.*index write.*; remove the block from the index/,
    );
  });

  test("a disk that is full", async () => {
    const url = await sharedElasticsearch();
    await fetch(`${url}/${topic}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ settings: { "index.blocks.read_only_allow_delete": true } }),
    });
    await using run = await start({ "max.retries": "1" });
    await run.put(records(1));
    expect((await failureOf(run)).message).toMatch(/flood-stage.*; free disk space.*given up/);
  });

  test("a mapping that grows without end", async () => {
    await using run = await start();
    const wide = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`f${i}`, i]));
    await run.put([record(topic, 0, "k", wide)]);
    expect((await failureOf(run)).message).toMatch(
      /Limit of total fields \[1000\].*; raise index.mapping.total_fields.limit.*behavior.on.malformed.documents/,
    );
  });
});

test("a failure is not retriable for the worker", async () => {
  proxy.fault = () => ({ kind: "answer", status: 503 });
  await using run = await start({ "max.retries": "0" });
  await run.put(records(1));
  const failure = await failureOf(run);
  expect(isRetriable(failure)).toBe(false);
});
