import {
  INT64_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  type Schema,
  SchemaBuilder,
  Struct,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { eventTimestamp } from "./event-timestamp.ts";

function rowOf(schema: Schema, value: unknown): Struct {
  return new Struct(SchemaBuilder.struct().field("at", schema).build()).put("at", value);
}

const named = (name: string) => SchemaBuilder.int64().name(name).build();

describe("the timestamp of a column", () => {
  test.each<[string, Schema, unknown, number]>([
    ["milliseconds", named("io.debezium.time.Timestamp"), 1_700_000_000_123, 1_700_000_000_123],
    [
      "microseconds",
      named("io.debezium.time.MicroTimestamp"),
      1_700_000_000_123_999,
      1_700_000_000_123,
    ],
    [
      "nanoseconds",
      named("io.debezium.time.NanoTimestamp"),
      1_700_000_000_123_999_999n,
      1_700_000_000_123,
    ],
    [
      "text with a zone",
      SchemaBuilder.string().name("io.debezium.time.ZonedTimestamp").build(),
      "2023-11-14T22:13:20.123456Z",
      1_700_000_000_123,
    ],
    ["Connect's type", TIMESTAMP_SCHEMA, new Date(5), 5],
  ])("in %s", (_, schema, value, millis) => {
    expect(eventTimestamp(rowOf(schema, value), "at")).toBe(millis);
  });

  test("is none where it is null", () => {
    expect(eventTimestamp(rowOf(OPTIONAL_INT64_SCHEMA, null), "at")).toBeNull();
  });

  test("is refused where the type has none", () => {
    expect(() => eventTimestamp(rowOf(INT64_SCHEMA, 1), "at")).toThrow(
      "Unsupported field type INT64 (without logical schema name) for event timestamp",
    );
    expect(() => eventTimestamp(rowOf(named("x.Y"), 1), "at")).toThrow(
      "Unsupported field type x.Y",
    );
    expect(() => eventTimestamp(rowOf(INT64_SCHEMA, 1), "no")).toThrow("timestamp field no");
  });
});
