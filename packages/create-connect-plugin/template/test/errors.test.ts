import { isRetriable } from "@millrace/connect-api";
import { sinkRecord, startSink, startSource } from "@millrace/connect-testkit";
import { expect, test } from "vitest";
import { ExampleSinkConnector, ExampleSourceConnector } from "../src/index.ts";
import { ExampleClient } from "../src/example-client.ts";
import { ExampleServer } from "./example-server.ts";

const never = new AbortController().signal;

test.each([
  [503, true],
  [429, true],
  [400, false],
])("an answer of %i is retriable: %s", async (status, retriable) => {
  await using server = await ExampleServer.start();
  server.failWith = status;
  const config = { "example.url": server.url, "example.token": null, "example.timeout.ms": 1_000 };
  const error = await new ExampleClient(config).after(0, 1, never).catch((e: unknown) => e);
  expect(String(error)).toContain(String(status));
  expect(isRetriable(error)).toBe(retriable);
});

test("the source goes on behind what Kafka has", async () => {
  await using server = await ExampleServer.start();
  for (const name of ["a", "b", "c"]) server.add(name);
  const props = { "example.url": server.url, topic: "items", "poll.interval.ms": "10" };
  await using run = await startSource(ExampleSourceConnector, props);
  const records = await run.take(3);
  expect(records.map(({ key }) => key)).toEqual([1n, 2n, 3n]);
});

test("a record that is no item is reported, and the others are written", async () => {
  await using server = await ExampleServer.start();
  const props = { "example.url": server.url, topics: "items" };
  await using run = await startSink(ExampleSinkConnector, props);
  await run.put([
    sinkRecord({ key: "no number", value: new Map([["name", "a"]]), kafkaOffset: 0 }),
    sinkRecord({ key: 7n, value: new Map([["name", "seven"]]), kafkaOffset: 1 }),
  ]);
  expect(run.reported).toHaveLength(1);
  expect([...server.items]).toEqual([[7, "seven"]]);
});
