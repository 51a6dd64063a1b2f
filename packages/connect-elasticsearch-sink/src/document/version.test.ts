import { Headers, SinkRecord, type SinkRecordParts } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { readConfig } from "../config/config.ts";
import { versioningOf } from "./version.ts";

const record = (parts: Partial<SinkRecordParts>) =>
  new SinkRecord({ topic: "t", kafkaPartition: 0, kafkaOffset: 9, timestamp: 5, ...parts });
const versionOf = (props: Record<string, string>, parts: Partial<SinkRecordParts> = {}) =>
  versioningOf(readConfig({ "connection.url": "http://x", ...props }))?.versionOf(record(parts));
const header = (value: unknown) => {
  const headers = new Headers();
  headers.add("v", value, null);
  return { headers };
};
const FIELD = { "version.source": "field", "version.field": "row.v" };
const HEADER = { "external.version.header": "v" };

test.each<[Record<string, string>, Partial<SinkRecordParts>, number | bigint | undefined]>([
  [{}, {}, 9],
  [{ "version.source": "NONE" }, {}, undefined],
  [{ "version.source": "timestamp" }, {}, 5],
  [FIELD, { value: { row: { v: 3 } } }, 3],
  [FIELD, { value: { row: { v: 2n ** 63n - 1n } } }, 2n ** 63n - 1n],
  [FIELD, { value: { row: { v: new Date(7) } } }, 7n],
  [HEADER, header("12"), 12n],
  [HEADER, header(12), 12],
])("%o of %o", (props, parts, version) => {
  expect(versionOf(props, parts)).toBe(version);
});

test.each<[Record<string, string>, Partial<SinkRecordParts>, RegExp]>([
  [{ "version.source": "timestamp" }, { timestamp: null }, /record's timestamp.*is missing/],
  [FIELD, { value: { row: null } }, /field row.v, which is its version, is missing/],
  [FIELD, { value: { row: { v: 1.5 } } }, /is no whole number/],
  [FIELD, { value: { row: { v: -1 } } }, /is no whole number/],
  [FIELD, { value: { row: { v: 2n ** 63n } } }, /is no whole number/],
  [HEADER, {}, /header v, which is its version, is missing/],
  [HEADER, header("1e3"), /is no whole number/],
  [HEADER, header("-1"), /is no whole number/],
])("%o of %o is refused", (props, parts, message) => {
  expect(() => versionOf(props, parts)).toThrow(message);
});
