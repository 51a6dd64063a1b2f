import {
  type Converter,
  Float64,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  isConnectError,
  type Schema,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { int64s } from "../test/arbitraries.ts";
import { BooleanConverter } from "./boolean-converter.ts";
import {
  DoubleConverter,
  FloatConverter,
  IntegerConverter,
  LongConverter,
  ShortConverter,
} from "./number-converters.ts";

const NUMBERS: readonly [string, () => Converter, Schema, fc.Arbitrary<unknown>, number][] = [
  [
    "Short",
    () => new ShortConverter(),
    INT16_SCHEMA,
    fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
    2,
  ],
  ["Integer", () => new IntegerConverter(), INT32_SCHEMA, fc.integer(), 4],
  ["Long", () => new LongConverter(), INT64_SCHEMA, int64s, 8],
  ["Float", () => new FloatConverter(), FLOAT32_SCHEMA, fc.float(), 4],
  ["Double", () => new DoubleConverter(), FLOAT64_SCHEMA, fc.double(), 8],
];

describe.for(NUMBERS)("%sConverter", ([name, make, schema, values, width]) => {
  const converter = make();

  test("gives back what it wrote", () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = converter.fromConnectData("t", [], schema, value) as Buffer;
        expect(bytes).toHaveLength(width);
        const again = converter.toConnectData("t", [], bytes);
        expect(again).toEqual({ schema: expect.objectContaining({ type: schema.type }), value });
      }),
    );
  });

  test("passes null through", () => {
    expect(converter.fromConnectData("t", [], schema, null)).toBeNull();
    expect(converter.toConnectData("t", [], null)).toEqual({
      schema: expect.objectContaining({ type: schema.type, optional: true }),
      value: null,
    });
  });

  test("refuses other types and other schemas", () => {
    const type = name.toLowerCase();
    for (const value of ["1", true, new Date(0), Number.NaN.toString(), {}]) {
      expect(() => converter.fromConnectData("t", [], null, value)).toThrow(
        `Failed to serialize to ${type} (was class `,
      );
    }
    expect(() => converter.fromConnectData("t", [], STRING_SCHEMA, "x")).toThrow(
      "was class java.lang.String",
    );
    const other = schema === INT32_SCHEMA ? INT64_SCHEMA : INT32_SCHEMA;
    const javaType = schema === INT32_SCHEMA ? "Long" : "Integer";
    expect(() => converter.fromConnectData("t", [], other, 1)).toThrow(
      `Failed to serialize to ${type} (was class java.lang.${javaType}): `,
    );
  });

  test("refuses bytes of another length", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 12 }).filter((bytes) => bytes.length !== width),
        (bytes) => {
          expect(() => converter.toConnectData("t", [], bytes)).toThrow("Failed to deserialize");
        },
      ),
    );
  });
});

test("numbers without schema are taken where they fit without loss", () => {
  const takes = (converter: Converter, value: unknown) => {
    try {
      return converter.fromConnectData("t", [], null, value) !== null;
    } catch (error) {
      if (!isConnectError(error)) throw error;
      return false;
    }
  };
  const converters = NUMBERS.map(([, make]) => make());
  const taken = (value: unknown) => converters.map((converter) => takes(converter, value));
  expect(taken(5)).toEqual([true, true, true, false, false]);
  expect(taken(40_000)).toEqual([false, true, true, false, false]);
  expect(taken(2n ** 62n)).toEqual([false, false, true, false, false]);
  expect(taken(2n ** 63n)).toEqual([false, false, false, false, false]);
  expect(taken(1.5)).toEqual([false, false, false, true, true]);
  expect(taken(0.1)).toEqual([false, false, false, false, true]);
  expect(taken(new Float64(5))).toEqual([false, false, false, true, true]);
});

describe("BooleanConverter", () => {
  const converter = new BooleanConverter();

  test("writes one byte", () => {
    expect(converter.fromConnectData("t", [], null, true)).toEqual(Buffer.from([1]));
    expect(converter.fromConnectData("t", [], null, false)).toEqual(Buffer.from([0]));
    expect(converter.toConnectHeader("t", "h", Uint8Array.of(1)).value).toBe(true);
    expect(converter.toConnectHeader("t", "h", Uint8Array.of(0)).value).toBe(false);
  });

  test("refuses other bytes, saying why in the cause", () => {
    const causeOf = (bytes: Uint8Array) => {
      try {
        converter.toConnectData("t", [], bytes);
        return undefined;
      } catch (error) {
        return (error as Error).cause;
      }
    };
    expect(causeOf(Uint8Array.of(2))).toMatchObject({
      message: "Unexpected byte received by BooleanDeserializer: 2",
    });
    expect(causeOf(Uint8Array.of())).toMatchObject({
      message: "Size of data received by BooleanDeserializer is not 1",
      javaName: "org.apache.kafka.common.errors.SerializationException",
    });
  });
});

test("a value may stand anywhere in the bytes of others", () => {
  const bytes = Buffer.from("ff00000000000000070000", "hex").subarray(1, 9);
  expect(new LongConverter().toConnectData("t", [], bytes).value).toBe(7);
});

test("converter.type is checked", () => {
  expect(() => new LongConverter().configure({ "converter.type": "x" }, false)).toThrow(
    "String must be one of: key, value, header",
  );
});
