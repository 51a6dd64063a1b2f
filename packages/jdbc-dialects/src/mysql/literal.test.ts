import { DataError } from "@millrace/connect-api";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { literal } from "./literal.ts";

/** Reads a literal as the server does (MySQL documentation, "String Literals"). */
function read(sql: string, plainBackslash: boolean): { text: string; rest: string } {
  let text = "";
  for (let at = 1; at < sql.length; at++) {
    const char = sql[at]!;
    if (char === "\\" && !plainBackslash) {
      at++;
      text += sql[at] === "0" ? "\0" : sql[at]!;
    } else if (char !== "'") {
      text += char;
    } else if (sql[at + 1] === "'") {
      at++;
      text += char;
    } else {
      return { text, rest: sql.slice(at + 1) };
    }
  }
  throw new Error(`${sql} does not end`);
}

test.each([false, true])("a text cannot leave its quotes (NO_BACKSLASH_ESCAPES: %s)", (plain) => {
  const special = fc.string({
    unit: fc.constantFrom("'", "\\", "\0", '"', "`", "a", "%", "\n", "é", "🎈", ";", "-"),
  });
  fc.assert(
    fc.property(special, (text) => {
      expect(read(literal({ is: "string" }, text, plain), plain)).toEqual({ text, rest: "" });
    }),
    { numRuns: 2000 },
  );
});

test.each([
  [{ is: "int32" } as const, -5, "-5"],
  [{ is: "int64" } as const, 9_223_372_036_854_775_807n, "9223372036854775807"],
  [{ is: "float64" } as const, 1e300, "1e+300"],
  [{ is: "boolean" } as const, true, "1"],
  [{ is: "date" } as const, 0, "'1970-01-01'"],
  [{ is: "time", digits: 3 } as const, 1, "'00:00:00.001'"],
  [{ is: "timestamp", digits: 3 } as const, -1, "'1969-12-31 23:59:59.999'"],
  [{ is: "decimal", scale: 2, precision: undefined } as const, "1.50", "'1.50'"],
  [{ is: "bytes" } as const, Buffer.from([0, 39, 255]), "x'0027ff'"],
  [{ is: "bytes" } as const, Buffer.from([]), "''"],
  [{ is: "string" } as const, null, "NULL"],
])("%j of %s", (kind, value, sql) => {
  expect(literal(kind, value, false)).toBe(sql);
});

test.each([NaN, Infinity, -Infinity])("%s is refused", (value) => {
  expect(() => literal({ is: "float64" }, value, false)).toThrow(DataError);
});
