import { Timestamp } from "mongodb";
import { expect, test } from "vitest";
import { FragmentAssembler } from "./fragments.ts";
import { Heartbeat } from "./heartbeat.ts";
import { readConfig } from "./config.ts";
import { copyOffset, partitionOf, readOffset, streamOffset } from "./offset.ts";
import { parseOperationTime } from "./operation-time.ts";

test("offsets are read as they were written, a copy's ids of all types", () => {
  const token = { _data: "8263" };
  expect(readOffset(streamOffset(token))).toEqual({
    kind: "stream",
    position: { startAfter: token },
  });
  const progress = {
    stream: { startAtOperationTime: new Timestamp({ t: 7, i: 8 }) },
    done: ["d.a"],
    at: { "d.b": 5, "d.c": { x: null } },
  };
  const read = readOffset(copyOffset({ _id: 5, copyingData: true }, progress));
  expect(read).toMatchObject({
    kind: "copy",
    progress: { done: ["d.a"], stream: progress.stream },
  });
  expect(JSON.stringify(read)).toContain('"d.c":{"x":null}');
  expect(readOffset(null)).toBeUndefined();
});

test.each([{}, { _id: 5 }, { _id: "nope" }, { copy: "true", "copy.progress": "{" }])(
  "%o is no offset",
  (offset) => {
    expect(() => readOffset(offset)).toThrow(/cannot be read/);
  },
);

test.each([
  [{}, "mongodb://localhost:27017,localhost:27018,localhost:27019/"],
  [{ "connection.uri": "mongodb://u:p@a:1,b/x?y=z", database: "d" }, "mongodb://a:1,b/d"],
  [
    { "connection.uri": "mongodb+srv://u:p@a.b.c", database: "d", collection: "c" },
    "mongodb+srv://a.b.c/d.c",
  ],
  [{ "offset.partition.name": "mine" }, "mine"],
])("the partition of %o is %s", (props, ns) => {
  expect(partitionOf(readConfig(props))).toEqual({ ns });
});

test.each([
  ["", undefined],
  ["0", new Timestamp({ t: 0, i: 0 })],
  ["1700000000", new Timestamp({ t: 1_700_000_000, i: 0 })],
  ["2023-11-14T22:13:20Z", new Timestamp({ t: 1_700_000_000, i: 0 })],
  ["2023-11-15T00:13:20+02:00", new Timestamp({ t: 1_700_000_000, i: 0 })],
  ['{"$timestamp": {"t": 7, "i": 8}}', new Timestamp({ t: 7, i: 8 })],
])("operation time %s", (text, expected) => {
  expect(parseOperationTime(text)).toEqual(expected);
});

test.each(["-1", "soon", "{}", "2023-11-14"])("%s is no operation time", (text) => {
  expect(() => parseOperationTime(text)).toThrow(/must be seconds|no timestamp/);
});

test("fragments become one event, with the position of the last", () => {
  const assembler = new FragmentAssembler();
  const fragment = (n: number, fields: object) => ({
    _id: { _data: `t${n}` },
    ...fields,
    splitEvent: { fragment: n, of: 2 },
  });
  expect(
    assembler.add(fragment(1, { operationType: "update", fullDocument: { a: 1 } })),
  ).toBeUndefined();
  expect(assembler.isBusy).toBe(true);
  expect(assembler.add(fragment(2, { fullDocumentBeforeChange: { a: 0 } }))).toEqual({
    _id: { _data: "t2" },
    operationType: "update",
    fullDocument: { a: 1 },
    fullDocumentBeforeChange: { a: 0 },
  });
  expect(assembler.isBusy).toBe(false);
  expect(assembler.add({ _id: 1 })).toEqual({ _id: 1 });
});

test("heartbeats come when the interval is over and the position is another one", () => {
  let now = 1000;
  const heartbeat = new Heartbeat(10, () => now);
  expect(heartbeat.due(undefined)).toBeUndefined();
  expect(heartbeat.due({ _data: "a" })).toBe('{"_data": "a"}');
  now += 5;
  expect(heartbeat.due({ _data: "b" })).toBeUndefined();
  now += 10;
  expect(heartbeat.due({ _data: "b" })).toBe('{"_data": "b"}');
  now += 20;
  expect(heartbeat.due({ _data: "b" })).toBeUndefined();
  expect(new Heartbeat(0, () => now).due({ _data: "a" })).toBeUndefined();
});
