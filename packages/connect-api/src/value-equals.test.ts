import { describe, expect, test } from "vitest";
import { Decimal } from "./decimal.ts";
import { Float64, isFloat64 } from "./float64.ts";
import { isMapLike, mapCopy, mapEntries, mapGet } from "./map-like.ts";
import { INT32_SCHEMA } from "./schema.ts";
import { SchemaBuilder } from "./schema-builder.ts";
import { Struct } from "./struct.ts";
import { valueEquals } from "./value-equals.ts";

const struct = (x: number) =>
  new Struct(SchemaBuilder.struct().field("x", INT32_SCHEMA).build()).put("x", x);

describe("values are equal", () => {
  test.for([
    [null, null],
    [Number.NaN, Number.NaN],
    [0, -0],
    [1, 1n],
    [2n ** 60n, 2n ** 60n],
    ["a", "a"],
    [Uint8Array.of(1), Buffer.from([1])],
    [new Date(5), new Date(5)],
    [Decimal.parse("1.5"), Decimal.parse("1.5")],
    [new Float64(1), new Float64(1)],
    [
      [1, [2]],
      [1, [2]],
    ],
    [new Map([["a", [1]]]), new Map([["a", [1]]])],
    [new Map([[Uint8Array.of(1), 1]]), new Map([[Uint8Array.of(1), 1]])],
    [
      { a: 1, b: null },
      { b: null, a: 1 },
    ],
    [{ a: [1] }, new Map([["a", [1]]])],
    [struct(1), struct(1)],
  ] as const)("%o and %o", ([a, b]) => {
    expect(valueEquals(a, b)).toBe(true);
    expect(valueEquals(b, a)).toBe(true);
  });
});

describe("values differ", () => {
  test.for([
    [null, undefined],
    [null, {}],
    [1, "1"],
    [1, 2n],
    [2 ** 53, 2n ** 53n + 1n],
    [1, new Float64(1)],
    [Uint8Array.of(1), Uint8Array.of(2)],
    [Uint8Array.of(1), [1]],
    [new Date(5), new Date(6)],
    [new Date(5), 5],
    [Decimal.parse("1.5"), Decimal.parse("1.50")],
    [
      [1, 2],
      [1, 2, 3],
    ],
    [new Map([["a", 1]]), new Map([["a", 2]])],
    [new Map([["a", 1]]), new Map([["b", 1]])],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{}, []],
    [struct(1), struct(2)],
    [struct(1), { x: 1 }],
  ] as const)("%o and %o", ([a, b]) => {
    expect(valueEquals(a, b)).toBe(false);
    expect(valueEquals(b, a)).toBe(false);
  });
});

describe("maps of data without schema", () => {
  test("are Maps and plain objects", () => {
    expect([new Map(), {}, Object.create(null) as object].every(isMapLike)).toBe(true);
    const others = [[], new Date(), new Uint8Array(1), struct(1), new Float64(1), null, "x"];
    expect(others.some(isMapLike)).toBe(false);
  });

  test("are read alike", () => {
    for (const map of [{ a: 1, b: 2 }, new Map(Object.entries({ a: 1, b: 2 }))]) {
      expect([...mapEntries(map)]).toEqual([
        ["a", 1],
        ["b", 2],
      ]);
      expect([mapGet(map, "a"), mapGet(map, "toString")]).toEqual([1, undefined]);
      const copy = mapCopy(map);
      expect(copy).toEqual(map);
      expect(copy).not.toBe(map);
    }
  });
});

test("a boxed float is a number where one is needed", () => {
  expect(Number(new Float64(2)) + 1).toBe(3);
  expect(isFloat64({ value: 2 })).toBe(false);
});
