import { describe, expect, test } from "vitest";
import { Decimal } from "./decimal.ts";
import { Headers } from "./headers.ts";
import { INT32_SCHEMA, OPTIONAL_STRING_SCHEMA, STRING_SCHEMA } from "./schema.ts";
import { SchemaBuilder } from "./schema-builder.ts";
import { Struct } from "./struct.ts";

const values = (headers: Headers) => [...headers].map(({ key, value }) => [key, value]);

describe("headers", () => {
  const sample = () => new Headers().addString("a", "1").addString("b", "2").addString("a", "3");

  test("keep their order, and more than one of a key", () => {
    const headers = sample();
    expect(values(headers)).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
    ]);
    expect(headers.size).toBe(3);
    expect(headers.lastWithName("a")?.value).toBe("3");
    expect(headers.lastWithName("c")).toBeUndefined();
    expect(headers.allWithName("a").map(({ value }) => value)).toEqual(["1", "3"]);
  });

  test("are removed by key", () => {
    expect(values(sample().remove("a"))).toEqual([["b", "2"]]);
    expect(sample().clear().isEmpty).toBe(true);
  });

  test("retain the latest of a key, or of each", () => {
    const headers = () => sample().addString("b", "4");
    expect(values(headers().retainLatest("a"))).toEqual([
      ["b", "2"],
      ["a", "3"],
      ["b", "4"],
    ]);
    expect(values(headers().retainLatest())).toEqual([
      ["a", "3"],
      ["b", "4"],
    ]);
  });

  test("are changed or dropped by a function, all or those of a key", () => {
    const double = (headers: Headers, key?: string) =>
      values(
        headers.apply(
          (header) =>
            header.value === "1" ? undefined : { ...header, value: `${String(header.value)}!` },
          key,
        ),
      );
    expect(double(sample())).toEqual([
      ["b", "2!"],
      ["a", "3!"],
    ]);
    expect(double(sample(), "b")).toEqual([
      ["a", "1"],
      ["b", "2!"],
      ["a", "3"],
    ]);
  });

  test("of a duplicate are others", () => {
    const headers = sample();
    headers.duplicate().clear();
    expect(headers.size).toBe(3);
    expect(headers.equals(headers.duplicate())).toBe(true);
    expect(headers.equals(headers.duplicate().remove("b"))).toBe(false);
    expect(headers.equals(new Headers().add("a", "1", null))).toBe(false);
  });

  test("must fit their schema, in Java's words", () => {
    const headers = new Headers();
    expect(() => headers.add("k", null, STRING_SCHEMA)).toThrow(
      "A null value requires an optional schema but was Schema{STRING}",
    );
    expect(() => headers.add("k", 1, STRING_SCHEMA)).toThrow(
      "The value 1 is not compatible with the schema Schema{STRING}",
    );
    headers.add("k", null, OPTIONAL_STRING_SCHEMA).add("k", { any: "thing" }, null);
    expect(headers.size).toBe(2);
  });

  test("have typed adders", () => {
    const schema = SchemaBuilder.struct().name("S").field("x", INT32_SCHEMA).build();
    const headers = new Headers()
      .addBoolean("k", true)
      .addByte("k", 1)
      .addShort("k", 1)
      .addInt("k", 1)
      .addLong("k", 2n ** 60n)
      .addFloat("k", 1.5)
      .addDouble("k", 1.5)
      .addBytes("k", new Uint8Array(1))
      .addDecimal("k", Decimal.parse("1.5"))
      .addDate("k", new Date(0))
      .addTime("k", new Date(1))
      .addTimestamp("k", new Date(2))
      .addStruct("k", new Struct(schema));
    const data = "org.apache.kafka.connect.data";
    expect([...headers].map((header) => String(header.schema))).toEqual([
      "Schema{BOOLEAN}",
      "Schema{INT8}",
      "Schema{INT16}",
      "Schema{INT32}",
      "Schema{INT64}",
      "Schema{FLOAT32}",
      "Schema{FLOAT64}",
      "Schema{BYTES}",
      `Schema{${data}.Decimal:BYTES}`,
      `Schema{${data}.Date:INT32}`,
      `Schema{${data}.Time:INT32}`,
      `Schema{${data}.Timestamp:INT64}`,
      "Schema{S:STRUCT}",
    ]);
    expect(() => headers.addByte("k", 128)).toThrow(
      "is not compatible with the schema Schema{INT8}",
    );
  });
});
