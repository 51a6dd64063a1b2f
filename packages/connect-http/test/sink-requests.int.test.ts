import {
  Decimal,
  decimalSchema,
  Headers,
  INT64_SCHEMA,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { TestServer } from "./http-server.ts";
import { commitUntil, failureOf, record, startAiven, startConfluent } from "./sink.ts";

const ORDER = SchemaBuilder.struct()
  .name("Order")
  .field("id", INT64_SCHEMA)
  .field("city", STRING_SCHEMA)
  .field("price", decimalSchema(2))
  .build();
const order = (id: number | bigint, city = "Köln") =>
  new Struct(ORDER).put("id", id).put("city", city).put("price", new Decimal(1250n, 2));

test("texts go as they are, bytes as bytes, structures as JSON", async () => {
  await using server = await TestServer.start();
  await using run = await startAiven(server.url, { "decimal.format": "NUMERIC" });
  await run.put([
    record(0, null, 'plain "text"'),
    record(1, null, Buffer.from("bytes")),
    record(2, null, order(9007199254740993n), { valueSchema: ORDER }),
    record(3, null, { a: [1, null, true], b: new Map([["1", 2n ** 60n]]) }),
  ]);
  await commitUntil(run, 4);
  expect(server.taken).toEqual([
    'plain "text"',
    "bytes",
    '{"id":9007199254740993,"city":"Köln","price":12.50}',
    '{"a":[1,null,true],"b":{"1":1152921504606846976}}',
  ]);
  expect(server.seen[0]).toMatchObject({ method: "POST", path: "/" });
});

test("a batch has prefix, separators and suffix, escapes understood", async () => {
  await using server = await TestServer.start();
  await using run = await startAiven(server.url, {
    "batching.enabled": "true",
    "batch.max.size": "3",
    "batch.prefix": "<\\t",
    "batch.separator": "\\n",
    "batch.suffix": ">",
  });
  await run.put(Array.from({ length: 7 }, (_, i) => record(i, null, `v${i}`)));
  await commitUntil(run, 7);
  expect(server.taken).toEqual(["<\tv0\nv1\nv2>", "<\tv3\nv4\nv5>", "<\tv6>"]);
});

test("a batch of JSON is an array", async () => {
  await using server = await TestServer.start();
  await using run = await startConfluent(server.url, {
    "request.body.format": "json",
    "batch.json.as.array": "true",
    "batch.max.size": "2",
    "request.method": "PUT",
  });
  await run.put([record(0, "a", "text"), record(1, "b", { n: 1 }), record(2, "c", 3)]);
  await commitUntil(run, 3);
  expect(server.taken).toEqual(['["text",{"n":1}]', "[3]"]);
  expect(server.seen[0]).toMatchObject({
    method: "PUT",
    headers: { "content-type": "application/json" },
  });
});

test("records with another address, header or batch key go into another request", async () => {
  await using server = await TestServer.start();
  await using run = await startConfluent(`${server.url}/\${topic}/\${value.kind}`, {
    headers: "X-Tenant: ${header.tenant}",
    "batch.max.size": "10",
    "batch.key.pattern": "${key}",
  });
  const tenant = (name: string) => ({ headers: new Headers().addString("tenant", name) });
  await run.put([
    record(0, "k", { kind: "a", n: 0 }, tenant("x")),
    record(1, "k", { kind: "a", n: 1 }, tenant("x")),
    record(2, "k", { kind: "b", n: 2 }, tenant("x")),
    record(3, "k", { kind: "b", n: 3 }, tenant("y")),
    record(4, "j", { kind: "b", n: 4 }, tenant("y")),
  ]);
  await commitUntil(run, 5);
  expect(server.seen.map(({ path, headers, body }) => [path, headers["x-tenant"], body])).toEqual([
    ["/t/a", "x", '{"kind":"a","n":0},{"kind":"a","n":1}'],
    ["/t/b", "x", '{"kind":"b","n":2}'],
    ["/t/b", "y", '{"kind":"b","n":3}'],
    ["/t/b", "y", '{"kind":"b","n":4}'],
  ]);
});

test("what is in records stays where it was put", async () => {
  await using server = await TestServer.start();
  await using run = await startConfluent(`${server.url}/users/\${key}?name=\${value.name}`, {
    headers: "X-Name: ${value.name}",
    "behavior.on.error": "ignore",
    "behavior.on.null.values": "delete",
    ordering: "none",
  });
  const evil = [
    record(0, "a/../../admin?x=1#y", { name: "n" }),
    record(1, "..", { name: "dots" }),
    record(2, "", { name: "empty" }),
    record(3, "k", { name: "x\r\nX-Admin: true" }),
    record(4, "k", { name: "x&admin=true" }),
    record(5, "k", { name: "ü" }),
    record(6, "%2e%2e", { name: "n" }),
    record(7, "", null),
    record(8, "\ud800", { name: "n" }),
    record(9, "k", { other: 1 }),
    record(10, { deep: 1 }, { name: "n" }),
  ];
  await run.put(evil);
  await commitUntil(run, 11);
  expect(server.seen.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
    "POST /users/%252e%252e?name=n",
    "POST /users/a%2F..%2F..%2Fadmin%3Fx%3D1%23y?name=n",
    "POST /users/k?name=x%26admin%3Dtrue",
  ]);
  expect(server.seen.every(({ headers }) => headers["x-admin"] === undefined)).toBe(true);
  expect(run.reported.map(({ record }) => record.kafkaOffset)).toEqual([1, 2, 3, 5, 7, 8, 9, 10]);
  expect(run.reported[2]?.error.message).toMatch(/t-0@3.*value.name.*header X-Name/);
});

test("a record without value is a DELETE of its own", async () => {
  await using server = await TestServer.start();
  await using run = await startConfluent(`${server.url}/things/\${key}`, {
    "behavior.on.null.values": "delete",
    "request.body.format": "json",
    "batch.max.size": "10",
  });
  await run.put([record(0, "a", 1), record(1, "a", null), record(2, "a", null), record(3, "a", 2)]);
  await commitUntil(run, 4);
  expect(server.seen.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
    "POST /things/a 1",
    "DELETE /things/a ",
    "DELETE /things/a ",
    "POST /things/a 2",
  ]);
});

test.each(["ignore", "log"])("behavior.on.null.values=%s reports and skips", async (behavior) => {
  await using server = await TestServer.start();
  await using run = await startConfluent(server.url, { "behavior.on.null.values": behavior });
  await run.put([record(0, "a", null)]);
  await commitUntil(run, 1);
  expect(run.reported).toHaveLength(1);
  expect(run.logger.text()).toContain("its value is null; the record is skipped");
  expect(server.seen).toEqual([]);
});

test("behavior.on.null.values=fail fails the task", async () => {
  await using server = await TestServer.start();
  await using run = await startConfluent(server.url, { "behavior.on.null.values": "fail" });
  await expect(run.put([record(0, "a", null)])).rejects.toThrow(/t-0@0: its value is null/);
  expect(server.seen).toEqual([]);
});

test("Aiven's sink fails on a record without value", async () => {
  await using server = await TestServer.start();
  await using run = await startAiven(server.url);
  await expect(run.put([record(0, "a", null)])).rejects.toThrow(/t-0@0: its value is null/);
});

test("bodies are compressed where the configuration says so", async () => {
  await using server = await TestServer.start();
  await using run = await startConfluent(server.url, { "request.compression": "gzip" });
  await run.put([record(0, "a", "x".repeat(1000))]);
  await commitUntil(run, 1);
  expect(server.taken).toEqual(["x".repeat(1000)]);
  expect(server.seen[0]?.headers["content-encoding"]).toBe("gzip");
});

test("a record keeps its idempotency key when it is sent again", async () => {
  await using server = await TestServer.start();
  server.react = () => (server.seen.length === 1 ? { kind: "reset-after" } : { status: 201 });
  await using run = await startConfluent(server.url, {
    "idempotency.key.header": "Idempotency-Key",
  });
  await run.put([record(7, "a", "once")]);
  await commitUntil(run, 8);
  expect(server.seen.map(({ headers }) => headers["idempotency-key"])).toEqual(["t-0-7", "t-0-7"]);
});

test("records wait for others for linger.ms, also over several puts", async () => {
  await using server = await TestServer.start();
  await using run = await startConfluent(server.url, {
    "batch.max.size": "100",
    "linger.ms": "60000",
  });
  await run.put([record(0, "a", "1")]);
  await run.put([record(1, "a", "2")]);
  await commitUntil(run, 2);
  expect(server.taken).toEqual(["1,2"]);
});

test("batches are cut by bytes, and a larger record goes alone", async () => {
  await using server = await TestServer.start();
  await using run = await startConfluent(server.url, {
    "batch.max.size": "100",
    "batch.max.bytes": "10",
  });
  const values = ["aaaa", "bbbb", "cccc", "d".repeat(50), "e"];
  await run.put(values.map((value, i) => record(i, "k", value)));
  await commitUntil(run, 5);
  expect(server.taken).toEqual(["aaaa,bbbb", "cccc", "d".repeat(50), "e"]);
});

test("a value that cannot be sent names its record", async () => {
  await using server = await TestServer.start();
  await using run = await startConfluent(server.url);
  await expect(run.put([record(0, "a", () => 1)])).rejects.toThrow(
    /Cannot send record t-0@0: A function.*behavior.on.error/,
  );
});

test("keys of other connectors are named: refused where they matter, else in a warning", async () => {
  await using server = await TestServer.start();
  await expect(startConfluent(server.url, { "regex.patterns": "a~b" })).rejects.toThrow(
    /regex.patterns is not supported: change values with a transform/,
  );
  await using run = await startConfluent(server.url, {
    "reporter.bootstrap.servers": "localhost:9092",
    "confluent.license": "",
  });
  expect(run.logger.text()).toMatch(/reporter.bootstrap.servers has no effect/);
  await run.put([record(0, "a", "1")]);
  await commitUntil(run, 1);
});

test("a failed task takes nothing more", async () => {
  await using server = await TestServer.start();
  server.react = () => ({ status: 400, body: "no" });
  await using run = await startConfluent(server.url);
  await run.put([record(0, "a", "1"), record(1, "a", "2")]);
  expect((await failureOf(run)).message).toContain("answers 400: no (record t-0@0)");
  await expect(run.put([record(2, "a", "3")])).rejects.toThrow(/answers 400/);
  expect(server.seen).toHaveLength(1);
});
