import type { Schema } from "@millrace/connect-api";
import { expect, test } from "vitest";
import type { NumericMapping } from "../reading/type-options.ts";
import { TimeZone } from "../time-zone.ts";
import { type ColumnKind, columnType } from "./column-types.ts";

const options = (numericMapping: NumericMapping = "none") => ({
  numericMapping,
  granularity: "connect_logical" as const,
  timeZone: TimeZone.UTC,
  calendar: "LEGACY" as const,
  moneyScale: 2,
});

function of(kind: Partial<ColumnKind>, mapping?: NumericMapping) {
  return columnType(
    { typeOid: 0, typeModifier: -1, isEnum: false, optional: false, ...kind },
    options(mapping),
  );
}

function shown(schema: Schema | undefined): string {
  if (schema?.name === undefined) return schema?.type ?? "none";
  const { scale, "connect.decimal.precision": precision } = Object.fromEntries(
    schema.parameters ?? [],
  );
  return `Decimal(${precision},${scale})`;
}

/** `atttypmod` of numeric(precision, scale). */
const numeric = (precision: number, scale: number) => ({
  typeOid: 1700,
  typeModifier: ((precision << 16) | (scale & 0x7ff)) + 4,
});

test.each([
  //  p, s    none              precision_only    best_fit          best_fit_eager_double
  [2, 0, "Decimal(2,0)", "INT8", "INT8", "INT8"],
  [4, 0, "Decimal(4,0)", "INT16", "INT16", "INT16"],
  [9, 0, "Decimal(9,0)", "INT32", "INT32", "INT32"],
  [18, 0, "Decimal(18,0)", "INT64", "INT64", "INT64"],
  [19, 0, "Decimal(19,0)", "Decimal(19,0)", "Decimal(19,0)", "Decimal(19,0)"],
  [10, 2, "Decimal(10,2)", "Decimal(10,2)", "FLOAT64", "FLOAT64"],
  [20, 5, "Decimal(20,5)", "Decimal(20,5)", "Decimal(20,5)", "FLOAT64"],
  [38, 38, "Decimal(38,38)", "Decimal(38,38)", "Decimal(38,38)", "FLOAT64"],
  // Two digits and three zeros after them need an INT32.
  [2, -3, "Decimal(2,-3)", "Decimal(2,-3)", "INT32", "INT32"],
  [17, -3, "Decimal(17,-3)", "Decimal(17,-3)", "Decimal(17,-3)", "Decimal(17,-3)"],
] as const)("numeric(%d,%d)", (precision, scale, ...expected) => {
  const mappings = ["none", "precision_only", "best_fit", "best_fit_eager_double"] as const;
  const kind = numeric(precision, scale);
  expect(mappings.map((mapping) => shown(of(kind, mapping)?.schema))).toEqual(expected);
});

test.each(["none", "precision_only", "best_fit", "best_fit_eager_double"] as const)(
  "numeric without precision keeps its digits with %s",
  (mapping) => {
    expect(shown(of({ typeOid: 1700 }, mapping)?.schema)).toBe("Decimal(0,127)");
  },
);

test.each([
  [1, "80", true],
  [3, "a0", 5],
  [8, "ff", -1],
  [8, "7f", 127],
])("bit(%d)", (bits, hex, value) => {
  const type = of({ typeOid: 1560, typeModifier: bits });
  expect(type?.read(Buffer.from(`0000000${bits}${hex}`, "hex"), 0, 5)).toBe(value);
});

test("a longer bit string is the text of its bits", () => {
  const type = of({ typeOid: 1560, typeModifier: 9 });
  expect(type?.format).toBe(0);
  expect(type?.read(Buffer.from("110000001"), 0, 9)).toEqual(Buffer.from("110000001"));
});

test("bytes are copied out of the row's buffer", () => {
  const row = Buffer.from("0a0b0c", "hex");
  const value = of({ typeOid: 17 })?.read(row, 1, 2);
  row.fill(0);
  expect(value).toEqual(Buffer.from("0b0c", "hex"));
});

test("an optional column has the optional schema, an enum a string", () => {
  expect(of({ typeOid: 23, optional: true })?.schema.optional).toBe(true);
  expect(of({ typeOid: 23 })?.schema.optional).toBe(false);
  expect(of({ typeOid: 99_999, isEnum: true })?.schema.type).toBe("STRING");
});

test.each([
  ["int4[]", 1007],
  ["inet", 869],
  ["interval", 1186],
  ["int4range", 3904],
  ["point", 600],
  ["tsvector", 3614],
  ["varbit", 1562],
  ["an extension's", 50_000],
])("a column of type %s has no field", (_, typeOid) => {
  expect(of({ typeOid })).toBeUndefined();
});
