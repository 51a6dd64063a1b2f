import {
  INT32_SCHEMA,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { objectName } from "../object-name.ts";
import { TimeZone } from "../partitioner/time-zone.ts";
import { nextRotation } from "./schedule.ts";
import { type Compatibility, schemaChange } from "./schema-compatibility.ts";

describe("schema changes", () => {
  const version = (
    number: number | undefined,
    build: (builder: SchemaBuilder) => SchemaBuilder,
  ) => {
    const builder = SchemaBuilder.struct().name("R");
    if (number !== undefined) builder.version(number);
    return build(builder).build();
  };
  const first = version(1, (b) => b.field("a", INT32_SCHEMA));
  const second = version(2, (b) => b.field("a", INT64_SCHEMA).field("b", OPTIONAL_STRING_SCHEMA));
  const broken = version(1, (b) => b.field("a", STRING_SCHEMA));
  const outcome = (rule: Compatibility, record: Schema | null, file: Schema | null) => {
    const change = schemaChange(rule, record, file);
    return typeof change === "function" ? "project" : change;
  };

  test.for([
    ["NONE", first, first, "same"],
    ["NONE", version(1, (b) => b.field("a", INT32_SCHEMA)), first, "same"],
    ["NONE", second, first, "rotate"],
    ["NONE", first, second, "rotate"],
    ["BACKWARD", second, first, "rotate"],
    ["BACKWARD", first, second, "project"],
    ["FULL", second, first, "rotate"],
    ["FULL", first, second, "project"],
    ["FORWARD", first, second, "rotate"],
    ["BACKWARD", broken, second, "rotate"],
    ["BACKWARD", first, first, "same"],
  ] as const)("%s", ([rule, record, file, expected]) => {
    expect(outcome(rule, record, file)).toBe(expected);
  });

  test("a newer record is projected down with FORWARD where that works", () => {
    const wider = version(3, (b) => b.field("a", INT32_SCHEMA).field("more", STRING_SCHEMA));
    const project = schemaChange("FORWARD", wider, first);
    const value = new Struct(wider).put("a", 1).put("more", "x");
    expect((project as (value: unknown) => Struct)(value).values).toEqual([1]);
    // Numbers are never narrowed.
    expect(outcome("FORWARD", second, first)).toBe("rotate");
  });

  test("versions and schemas have to be there", () => {
    const unversioned = version(undefined, (b) => b.field("a", INT32_SCHEMA));
    expect(() => outcome("BACKWARD", unversioned, first)).toThrow(
      "Schema version required for BACKWARD",
    );
    expect(() => outcome("NONE", null, first)).toThrow(
      "Switch between schema-based and schema-less",
    );
  });
});

describe("the schedule", () => {
  const next = (iso: string, ms: number, zone: string) =>
    new Date(nextRotation(Date.parse(iso), ms, new TimeZone("timezone", zone))).toISOString();

  test.for([
    ["2024-01-01T00:00:00.000Z", 600_000, "UTC", "2024-01-01T00:10:00.000Z"],
    ["2024-01-01T10:09:59.999Z", 600_000, "UTC", "2024-01-01T10:10:00.000Z"],
    ["2024-01-01T10:00:00.000Z", 86_400_000, "Europe/Berlin", "2024-01-01T23:00:00.000Z"],
    // The last one before midnight is cut short.
    ["2024-01-01T22:00:00.000Z", 5 * 3_600_000, "UTC", "2024-01-02T00:00:00.000Z"],
    ["2024-01-01T00:00:00.000Z", 7 * 86_400_000, "UTC", "2024-01-02T00:00:00.000Z"],
    ["2024-03-31T00:30:00.000Z", 3_600_000, "Europe/Berlin", "2024-03-31T01:00:00.000Z"],
  ] as const)("after %s every %d ms in %s", ([now, ms, zone, expected]) => {
    expect(next(now, ms, zone)).toBe(expected);
  });

  test("it never stands still when the clocks are put back", () => {
    expect(Date.parse(next("2024-10-27T01:30:00.000Z", 600_000, "Europe/Berlin"))).toBeGreaterThan(
      Date.parse("2024-10-27T01:30:00.000Z"),
    );
  });
});

test("names of objects", () => {
  const options = {
    topicsDir: "topics",
    directoryDelimiter: "/",
    fileDelimiter: "+",
    offsetWidth: 10,
  };
  const name = (changes = {}, part?: string) =>
    objectName({ ...options, ...changes }, "orders", "partition=0", 0, 42, ".json.gz", part);
  expect(name()).toBe("topics/orders/partition=0/orders+0+0000000042.json.gz");
  expect(name({}, ".keys")).toBe("topics/orders/partition=0/orders+0+0000000042.keys.json.gz");
  expect(name({ topicsDir: "" })).toBe("orders/partition=0/orders+0+0000000042.json.gz");
  expect(name({ fileDelimiter: "-", directoryDelimiter: "|", offsetWidth: 0 })).toBe(
    "topics|orders|partition=0|orders-0-42.json.gz",
  );
});
