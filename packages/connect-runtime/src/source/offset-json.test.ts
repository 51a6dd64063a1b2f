import { Float64 } from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { javaHashMapOrder, offsetKey, offsetValue, parseOffset } from "./offset-json.ts";

describe("offset keys", () => {
  it("are Kafka Connect's", () => {
    expect(offsetKey("file-src", { filename: "/t.txt" })).toBe(
      '["file-src",{"filename":"/t.txt"}]',
    );
    expect(offsetKey("c", null)).toBe('["c",null]');
  });

  it("do not depend on the order in which a connector puts the fields", () => {
    const one = offsetKey("c", { table: "public.t", protocol: "1" });
    const other = offsetKey("c", { protocol: "1", table: "public.t" });
    expect(one).toBe(other);
    expect(one).toBe('["c",{"protocol":"1","table":"public.t"}]');
  });

  it("refuse what is not a primitive, and name the field", () => {
    expect(() => offsetKey("c", { a: { b: 1 } })).toThrow(/field a is object/);
    expect(() => offsetValue({ a: Number.NaN })).toThrow(/field a is number/);
  });
});

describe("javaHashMapOrder", () => {
  // Printed by OpenJDK 17: new HashMap<>(), the keys put in this order, keySet().
  it.each([
    [
      ["BB", "Aa", "C#"],
      ["BB", "Aa", "C#"],
    ],
    [
      ["table", "protocol", "server", "database", "größe", "😀", "kafka_topic", "kafka_partition"],
      ["server", "protocol", "database", "größe", "kafka_partition", "😀", "kafka_topic", "table"],
    ],
    [
      Array.from({ length: 13 }, (_, i) => `${i}`),
      ["11", "12", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
    ],
  ])("orders %j as Java does", (keys, order) => {
    expect(javaHashMapOrder(keys)).toEqual(order);
  });
});

describe("offset values", () => {
  it("keep integers beyond 2^53 exact", () => {
    const offset = { lsn: 9223372036854775807n, id: 42, ratio: 1.5, whole: new Float64(3) };
    expect(offsetValue(offset)).toContain('"lsn":9223372036854775807');
    expect(offsetValue(offset)).toContain('"whole":3.0');
    expect(parseOffset(offsetValue({ lsn: offset.lsn }))).toEqual({ lsn: 9223372036854775807n });
  });

  it("have floats as Java writes them", () => {
    const offset = { a: new Float64(1e21), b: 1e-7, c: new Float64(-0), d: 1.5, e: 2 ** 53 };
    expect(offsetValue(offset)).toBe(
      '{"a":1.0E21,"b":1.0E-7,"c":-0.0,"d":1.5,"e":9007199254740992}',
    );
    expect(() => offsetValue({ a: new Float64(Infinity) })).toThrow(/field a is object/);
  });

  it("come back as they were", () => {
    const primitive = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.maxSafeInteger(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    );
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== "__proto__"),
          primitive,
        ),
        (offset) => {
          expect(parseOffset(offsetValue(offset))).toEqual({ ...offset });
        },
      ),
    );
  });
});
