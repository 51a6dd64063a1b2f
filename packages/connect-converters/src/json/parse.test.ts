import { Float64, isDecimal, isFloat64 } from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LosslessParser } from "./lossless.ts";
import {
  FRACTION,
  LONG_INTEGER,
  lossyParts,
  ODD_KEY,
  TOO_DEEP,
  WHOLE_FLOAT,
} from "./lossy-parts.ts";
import { parseAny, parseExact } from "./parse.ts";
import { skipValue } from "./skip-value.ts";

function parts(json: string): number {
  const bytes = Buffer.from(json);
  return lossyParts(bytes, 0, bytes.length);
}

const asNumbers = { integer: Number, fraction: Number };
const json = fc.json({ stringUnit: "binary", maxDepth: 5 });
const blanks = fc.stringMatching(/^[ \t\r\n]*$/);

describe("finding what JSON.parse would lose", () => {
  test.for([
    ["123456789012345", 0],
    ["1234567890123456", LONG_INTEGER],
    ['{"a": -1234567890123456}', LONG_INTEGER],
    ['"1234567890123456"', 0],
    ["1.5", FRACTION],
    ["1.0", FRACTION | WHOLE_FLOAT],
    ["[1.00]", FRACTION | WHOLE_FLOAT],
    ["1.05", FRACTION],
    ["1e3", FRACTION | WHOLE_FLOAT],
    ["1.5E3", FRACTION | WHOLE_FLOAT],
    ["-0", WHOLE_FLOAT],
    ["-0.5", FRACTION],
    ["-1", 0],
    ['"550e8400-e29b-41d4-a716-446655440000"', 0],
    ['"1.0"', 0],
    ['{"7":1}', ODD_KEY],
    ['{"7" : 1}', ODD_KEY],
    ['["7"]', 0],
    ['{"12345678901":1}', 0],
    ['{"__proto__":1}', ODD_KEY],
    ['{"\\u0037":1}', ODD_KEY],
    ['{"a\\"b":1}', ODD_KEY],
    ['"a\\"7\\":1"', 0],
    [`${"[".repeat(1000)}${"]".repeat(1000)}`, 0],
    ["[".repeat(1001), TOO_DEEP],
  ] as const)("in %s", ([text, expected]) => {
    expect(parts(text)).toBe(expected);
  });

  test("never overlooks anything: where it finds nothing, JSON.parse is right", () => {
    fc.assert(
      fc.property(json, (text) => {
        const lossless = new LosslessParser(text, {
          integer: (digits) => BigInt(digits),
          fraction: (number) => new Float64(Number(number)),
        }).parse();
        fc.pre(parts(text) === 0);
        expect(withPlainNumbers(lossless)).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  test("survives what is no JSON", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(lossyParts(bytes, 0, bytes.length)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

function withPlainNumbers(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (isFloat64(value)) return value.value;
  if (Array.isArray(value)) return value.map(withPlainNumbers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, withPlainNumbers(v)]));
}

describe("the lossless parser", () => {
  test("agrees with JSON.parse on any JSON, whatever its blanks", () => {
    fc.assert(
      fc.property(json, blanks, (text, blank) => {
        const value = new LosslessParser(blank + text + blank, asNumbers).parseWhole();
        expect(withoutMaps(value)).toEqual(JSON.parse(text));
        const indented = JSON.stringify(JSON.parse(text), null, 2);
        expect(withoutMaps(new LosslessParser(indented, asNumbers).parseWhole())).toEqual(
          JSON.parse(text),
        );
      }),
    );
  });

  test("refuses what JSON.parse refuses, but for leading zeros", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "\\",
      '"a"',
      "1",
      "-",
      ".",
      "e",
      "true",
      "nul",
      " ",
      "\n",
      "\u0001",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (list) => {
        const text = list.join("");
        fc.pre(!/\b0\d/.test(text));
        expect(accepts(() => new LosslessParser(text, asNumbers).parseWhole())).toBe(
          accepts(() => JSON.parse(text)),
        );
      }),
      { numRuns: 3000 },
    );
  });

  test("keeps every digit for readers", () => {
    expect(parseExact("123456789012345678901234567890")).toBe(123456789012345678901234567890n);
    const fraction = parseExact("1.50");
    expect(isDecimal(fraction) && fraction.toString()).toBe("1.50");
  });

  test("refuses numbers that would take long to read", () => {
    expect(() => parseExact("9".repeat(1001))).toThrow("exceeds the maximum allowed (1000");
  });
});

function withoutMaps(value: unknown): unknown {
  if (value instanceof Map) {
    return withoutMaps(Object.fromEntries(value as Map<string, unknown>));
  }
  if (Array.isArray(value)) return value.map(withoutMaps);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, withoutMaps(v)]));
}

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

test("integers without schema are 64 bits wide and wrap, as in Java", () => {
  const parse = (text: string) => parseAny(Buffer.from(text));
  expect(parse("9223372036854775807")).toBe(2n ** 63n - 1n);
  expect(parse("9223372036854775808")).toBe(-(2n ** 63n));
  expect(parse("18446744073709551616")).toBe(0);
});

test("a value is skipped up to its end", () => {
  fc.assert(
    fc.property(json, fc.constantFrom("", ",", "}", "]", ' ,"payload":1}'), (text, rest) => {
      expect(skipValue(text.trim() + rest, 0)).toBe(text.trim().length);
    }),
  );
});
