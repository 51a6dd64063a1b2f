import {
  FLOAT64_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { record } from "../../test/records.ts";
import {
  makePartitioner,
  partitionerKind,
  type PartitionerKind,
  type PartitionerOptions,
} from "./partitioner.ts";
import { extractorKind } from "./timestamp-extractor.ts";

const OPTIONS: PartitionerOptions = {
  delimiter: "/",
  fields: [],
  durationMs: -1,
  pathFormat: "",
  locale: "en-US",
  timeZone: "UTC",
  extractor: "Record",
  timestampField: "timestamp",
};

const make = (kind: PartitionerKind, options: Partial<PartitionerOptions> = {}) =>
  makePartitioner(kind, { ...OPTIONS, ...options });

const at = (iso: string) => record({ timestamp: Date.parse(iso) });

test("Default", () => {
  expect(make("Default").encode(record({ kafkaPartition: 12 }))).toBe("partition=12");
});

describe("Field", () => {
  const inner = SchemaBuilder.struct().field("zip", INT32_SCHEMA).build();
  const schema = SchemaBuilder.struct()
    .field("id", INT64_SCHEMA)
    .field("name", OPTIONAL_STRING_SCHEMA)
    .field("home", inner)
    .field("rate", FLOAT64_SCHEMA)
    .build();
  const value = new Struct(schema)
    .put("id", 2n ** 60n)
    .put("home", new Struct(inner).put("zip", 7))
    .put("rate", 1);

  test("of structs, nested, with nulls", () => {
    const partitioner = make("Field", { fields: ["id", "name", "home.zip"] });
    expect(partitioner.encode(record({ value }))).toBe(
      "id=1152921504606846976/name=null/home.zip=7",
    );
  });

  test("of maps", () => {
    const partitioner = make("Field", { fields: ["a", "b.c"], delimiter: "|" });
    expect(partitioner.encode(record({ value: { a: true, b: new Map([["c", "x/ü"]]) } }))).toBe(
      "a=true|b.c=x/ü",
    );
  });

  test.for([
    [["rate"], value, "The field rate is a FLOAT64"],
    [["none"], value, "The record has no field none"],
    [["home"], value, "The field home is a STRUCT"],
    [["id"], "text", "The value is no struct and no map"],
    [["id"], null, "The value is no struct and no map"],
  ] as const)("%o is refused", ([fields, given, message]) => {
    expect(() => make("Field", { fields }).encode(record({ value: given }))).toThrow(message);
  });
});

describe("time", () => {
  test("Hourly and Daily have paths of their own", () => {
    const time = at("2024-12-31T23:59:59.999Z");
    expect(make("Hourly").encode(time)).toBe("year=2024/month=12/day=31/hour=23");
    expect(make("Daily").encode(time)).toBe("year=2024/month=12/day=31");
    expect(make("Daily", { delimiter: "_" }).encode(time)).toBe("year=2024_month=12_day=31");
  });

  test("TimeBased cuts by duration in local time, and drops a delimiter at the end", () => {
    const options = { durationMs: 600_000, pathFormat: "YYYY-MM-dd/HH-mm/" };
    const partitioner = make("TimeBased", { ...options, timeZone: "Asia/Kolkata" });
    expect(partitioner.encode(at("2024-01-01T20:14:59Z"))).toBe("2024-01-02/01-40");
    expect(make("TimeBased", options).encode(at("1969-12-31T23:59:59Z"))).toBe("1969-12-31/23-50");
  });

  test("days of 23 and 25 hours", () => {
    const berlin = make("Hourly", { timeZone: "Europe/Berlin" });
    const hours = (from: string) =>
      Array.from({ length: 4 }, (_, i) =>
        berlin.encode(record({ timestamp: Date.parse(from) + i * 3_600_000 })).slice(-2),
      );
    expect(hours("2024-03-31T00:00:00Z")).toEqual(["01", "03", "04", "05"]);
    expect(hours("2024-10-26T23:00:00Z")).toEqual(["01", "02", "02", "03"]);
  });

  const fieldTime = (schema: Schema, value: unknown, field = "timestamp") => {
    const struct = SchemaBuilder.struct().field("timestamp", schema).build();
    const partitioner = make("Hourly", { extractor: "RecordField", timestampField: field });
    return partitioner
      .encode(record({ value: new Struct(struct).put("timestamp", value) }))
      .slice(5);
  };
  const expected = "2023/month=11/day=14/hour=22";

  test.for([
    [TIMESTAMP_SCHEMA, new Date(1_700_000_000_000)],
    [INT64_SCHEMA, 1_700_000_000_000],
    [STRING_SCHEMA, "1700000000000"],
    [STRING_SCHEMA, "2023-11-14T22:13:20Z"],
    [STRING_SCHEMA, "2023-11-14T22:13:20.123456"],
    [STRING_SCHEMA, "2023-11-15T00:13+02:00"],
    [STRING_SCHEMA, "2023-11-14T22"],
  ] as const)("RecordField of %s", ([schema, value]) => {
    expect(fieldTime(schema, value)).toBe(expected);
  });

  test("RecordField in maps, and dates of days alone", () => {
    const daily = make("Daily", { extractor: "RecordField", timestampField: "a.b" });
    expect(daily.encode(record({ value: { a: { b: "2023-11-14" } } }))).toContain("day=14");
  });

  test("what is no time", () => {
    expect(() => fieldTime(STRING_SCHEMA, "yesterday")).toThrow(
      "The field timestamp is a STRING, not a time: it must be a Timestamp, milliseconds, or a text of ISO 8601",
    );
    expect(() => fieldTime(STRING_SCHEMA, "x", "other")).toThrow("The record has no field other");
    expect(() => make("Hourly").encode(record())).toThrow("The record has no timestamp");
  });

  test("Wallclock takes the clock", () => {
    const now = () => Date.parse("2020-02-29T00:00:00Z");
    expect(make("Daily", { extractor: "Wallclock", now }).encode(record())).toContain("day=29");
  });

  test.for([
    ["TimeBased", { durationMs: -1 }, "partition.duration.ms"],
    ["TimeBased", { durationMs: 1 }, "path.format"],
    ["Hourly", { locale: "" }, "locale"],
    ["Daily", { timeZone: "" }, "timezone"],
    ["Field", {}, "partition.field.name"],
  ] as const)("%s with %o is refused", ([kind, options, key]) => {
    expect(() => make(kind, options)).toThrow(`for configuration ${key}`);
  });
});

test("Java's class names", () => {
  const prefix = "io.confluent.connect.storage.partitioner.";
  expect(partitionerKind("k", `${prefix}TimeBasedPartitioner`)).toBe("TimeBased");
  expect(partitionerKind("k", "DailyPartitioner")).toBe("Daily");
  expect(() => partitionerKind("k", "com.example.Mine")).toThrow("must be DefaultPartitioner");
  expect(extractorKind("k", `${prefix}TimeBasedPartitioner$RecordFieldTimestampExtractor`)).toBe(
    "RecordField",
  );
  expect(extractorKind("k", "Record")).toBe("Record");
  expect(() => extractorKind("k", "Moon")).toThrow("must be Wallclock");
});
