import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Decimal, isDecimal } from "./decimal.ts";
import {
  dateToDays,
  daysToDate,
  decimalScale,
  decimalSchema,
  decimalToBytes,
  millisToTime,
  timeToMillis,
} from "./logical.ts";
import { Schema } from "./schema.ts";

const unscaled = fc.oneof(
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.bigInt({ min: -(2n ** 300n), max: 2n ** 300n }),
  fc
    .nat(80)
    .chain((n) => fc.constantFrom(2n ** BigInt(n), -(2n ** BigInt(n)), 2n ** BigInt(n) - 1n)),
);
const decimals = fc
  .tuple(unscaled, fc.integer({ min: -50, max: 50 }))
  .map(([n, scale]) => new Decimal(n, scale));

describe("the bytes of a decimal", () => {
  test("give it back", () => {
    fc.assert(
      fc.property(decimals, (decimal) => {
        expect(Decimal.fromBytes(decimal.toBytes(), decimal.scale)).toEqual(decimal);
      }),
    );
  });

  test("are the shortest two's complement, big-endian", () => {
    fc.assert(
      fc.property(unscaled, (n) => {
        const bytes = new Decimal(n, 0).toBytes();
        const bits = BigInt(bytes.length * 8);
        expect(BigInt(`0x${bytes.toString("hex")}`)).toBe(BigInt.asUintN(Number(bits), n));
        const fits = (width: bigint) => n >= -(2n ** (width - 1n)) && n < 2n ** (width - 1n);
        expect(fits(bits)).toBe(true);
        expect(bits === 8n || !fits(bits - 8n)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.for([
    [0n, "00"],
    [127n, "7f"],
    [128n, "0080"],
    [-128n, "80"],
    [-129n, "ff7f"],
    [156n, "009c"],
    [2n ** 63n, "008000000000000000"],
    [-(2n ** 63n), "8000000000000000"],
  ] as const)("of %s are %s", ([n, hex]) => {
    expect(new Decimal(n, 0).toBytes().toString("hex")).toBe(hex);
  });

  test("may be none", () => {
    expect(Decimal.fromBytes(new Uint8Array(0), 2)).toEqual(new Decimal(0n, 2));
  });

  test("need the schema's scale", () => {
    expect(decimalToBytes(1, Decimal.parse("1.5"))).toEqual(Buffer.from([15]));
    expect(() => decimalToBytes(2, Decimal.parse("1.5"))).toThrow(
      "Decimal value has mismatching scale for given Decimal schema. Schema has scale 2, value has scale 1.",
    );
  });
});

describe("the text of a decimal", () => {
  test("gives it back", () => {
    fc.assert(
      fc.property(decimals, (decimal) => {
        expect(Decimal.parse(decimal.toString())).toEqual(decimal);
        const plain = Decimal.parse(decimal.toPlainString());
        expect(
          plain
            .withScale(Math.max(plain.scale, decimal.scale))
            .equals(decimal.withScale(Math.max(plain.scale, decimal.scale))),
        ).toBe(true);
      }),
    );
  });

  // As java.math.BigDecimal prints them.
  test.for([
    [0n, 0, "0", "0"],
    [0n, 2, "0.00", "0.00"],
    [0n, -3, "0E+3", "0"],
    [15n, 1, "1.5", "1.5"],
    [-150n, 2, "-1.50", "-1.50"],
    [1n, -5, "1E+5", "100000"],
    [123n, -1, "1.23E+3", "1230"],
    [1n, 6, "0.000001", "0.000001"],
    [1n, 7, "1E-7", "0.0000001"],
    [12n, 8, "1.2E-7", "0.00000012"],
  ] as const)("of %s with scale %s is %s, plainly %s", ([n, scale, text, plain]) => {
    expect(new Decimal(n, scale).toString()).toBe(text);
    expect(new Decimal(n, scale).toPlainString()).toBe(plain);
  });

  test.for([
    ["+5", 5n, 0],
    ["1.", 1n, 0],
    [".5", 5n, 1],
    ["1e3", 1n, -3],
    ["1.50E-2", 150n, 4],
    ["-0", 0n, 0],
  ] as const)("%s is read", ([text, n, scale]) => {
    expect(Decimal.parse(text)).toEqual(new Decimal(n, scale));
  });

  test.for(["", ".", "-", "e5", "1e", "1,5", "0x10", "1 ", "NaN"])("%s is none", (text) => {
    expect(() => Decimal.parse(text)).toThrow(`Not a decimal number: ${text}`);
  });

  test("has a scale of 32 bits", () => {
    expect(() => Decimal.parse("1e2147483649")).toThrow("Not a decimal number in range");
  });
});

test("a scale is changed without losing digits, or not at all", () => {
  fc.assert(
    fc.property(decimals, fc.integer({ min: 0, max: 20 }), (decimal, more) => {
      const wider = decimal.withScale(decimal.scale + more);
      expect(wider.withScale(decimal.scale)).toEqual(decimal);
    }),
  );
  expect(() => Decimal.parse("1.25").withScale(1)).toThrow("without losing digits");
});

test("equality looks at the scale too", () => {
  expect(Decimal.parse("1.5").equals(Decimal.parse("1.50"))).toBe(false);
  expect(Decimal.parse("1.5").equals(1.5)).toBe(false);
  expect(Decimal.parse("1.50").toNumber()).toBe(1.5);
  expect(isDecimal({ unscaled: 1n, scale: 0 })).toBe(false);
});

describe("logical types", () => {
  test("the scale comes from the schema's parameter", () => {
    expect(decimalScale(decimalSchema(-2))).toBe(-2);
    expect(() => decimalScale(new Schema({ type: "BYTES" }))).toThrow(
      "Invalid Decimal schema: scale parameter not found.",
    );
    const odd = new Schema({ type: "BYTES", parameters: new Map([["scale", "x"]]) });
    expect(() => decimalScale(odd)).toThrow("Invalid scale parameter found in Decimal schema: ");
  });

  test("dates are whole days", () => {
    expect(dateToDays(daysToDate(-5))).toBe(-5);
    expect(() => dateToDays(new Date(1))).toThrow("should not have any time fields set");
  });

  test("times are within a day", () => {
    expect(timeToMillis(millisToTime(86_399_999))).toBe(86_399_999);
    expect(() => timeToMillis(new Date(-1))).toThrow("should not have any date fields set");
    expect(() => millisToTime(86_400_001)).toThrow("greater than 0 and less than 86400000");
  });
});
