import {
  Decimal,
  Headers,
  INT64_SCHEMA,
  SchemaBuilder,
  SinkRecord,
  type SinkRecordParts,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { templateNaming } from "./index-name.ts";
import { Template, templateProblem } from "./template.ts";

const row = SchemaBuilder.struct().field("id", INT64_SCHEMA).build();
const schema = SchemaBuilder.struct().field("tenant", STRING_SCHEMA).field("row", row).build();
const struct = new Struct(schema).put("tenant", "Acme").put("row", new Struct(row).put("id", 7n));
const headers = new Headers();
headers.add("region.eu", "West", STRING_SCHEMA);

const record = (parts: Partial<SinkRecordParts> = {}) =>
  new SinkRecord({
    topic: "Orders",
    kafkaPartition: 3,
    kafkaOffset: 9,
    key: "k1",
    value: struct,
    timestamp: Date.UTC(2026, 10, 7, 23, 59),
    headers,
    ...parts,
  });

test.each([
  ["plain", "plain"],
  ["${topic}", "Orders"],
  ["a-${topic}-${partition}-${key}", "a-Orders-3-k1"],
  ["${value.tenant}/${value.row.id}", "Acme/7"],
  ["${header.region.eu}", "West"],
  ["${topic}-${timestamp:yyyy.MM.dd}", "Orders-2026.11.07"],
  ["${timestamp:yyyy-'W'ww}", "2026-W45"],
])("%s becomes %s", (template, text) => {
  expect(new Template(template).expand(record())).toBe(text);
});

test.each<[unknown, string]>([
  [{ at: Date.UTC(2026, 0, 2) }, "2026.01"],
  [{ at: BigInt(Date.UTC(2026, 0, 2)) }, "2026.01"],
  [{ at: "2026-01-02T03:04:05Z" }, "2026.01"],
  [{ at: new Date(Date.UTC(2026, 0, 2)) }, "2026.01"],
])("a date of the value, given as %o", (value, text) => {
  expect(new Template("${value.at:yyyy.MM}").expand(record({ value }))).toBe(text);
});

test.each<[string, unknown, RegExp]>([
  ["${value.no}", { a: 1 }, /this record has no \$\{value.no\}/],
  ["${value.a.b}", { a: 1 }, /this record has no/],
  ["${value.a}", null, /this record has no/],
  ["${value.a}", { a: "" }, /is empty/],
  ["${value.a}", { a: {} }, /is no text or number/],
  ["${value.a:yyyy}", { a: "soon" }, /is no date/],
  ["${value.constructor}", {}, /this record has no/],
])("%s of %j is an error of the record", (template, value, message) => {
  expect(() => new Template(template).expand(record({ value }))).toThrow(message);
});

test("numbers keep all their digits", () => {
  const value = { n: 9_007_199_254_740_993n, d: Decimal.parse("1.50"), b: true };
  const template = new Template("${value.n} ${value.d} ${value.b}");
  expect(template.expand(record({ value }))).toBe("9007199254740993 1.50 true");
});

test.each(["${}", "${value}", "${value.}", "${header}", "${topic.x}", "${tenant}", "${timestamp}"])(
  "%s is no variable",
  (template) => {
    expect(templateProblem(template)).toMatch(/is no variable|needs a pattern/);
  },
);

test("only a template without other variables than the topic is the same for all records", () => {
  expect(new Template("a-${topic}").byTopic).toBe(true);
  expect(new Template("${topic}${key}").byTopic).toBe(false);
});

test.each([
  ["${topic}-${value.t}", "Orders-ACME", "orders-acme"],
  [".own-${value.t}", "x", ".own-x"],
])("index %s of %s is %s", (template, _text, name) => {
  const value = { t: template.startsWith(".") ? "x" : "ACME" };
  expect(templateNaming(new Template(template))(record({ value }))).toBe(name);
});

test.each([
  ["${value.t}", ".security", /would be a hidden index/],
  ["${value.t}", "a/b", /has one of/],
  ["${value.t}", "a,b", /has one of/],
  ["${value.t}", "*", /has one of/],
  ["${value.t}", "_all", /begins with/],
  ["${value.t}", "..", /nothing that tells/],
  ["x-${value.t}", "é".repeat(127), /more than 255 bytes/],
])("index %s of %j is refused", (template, t, message) => {
  const nameOf = templateNaming(new Template(template));
  expect(() => nameOf(record({ value: { t } }))).toThrow(message);
});
