import type { CatalogColumn } from "../catalog/tables.ts";
import { baseType, type PgTypes } from "../types/pg-type.ts";

/** What the parameters of a propagated type say. */
export interface SourceType {
  readonly name: string;
  readonly length: number;
  /** Undefined for a numeric of any scale. */
  readonly scale: number | undefined;
}

const UNLIMITED = 2_147_483_647;
const SERIALS: Readonly<Record<string, string>> = {
  int2: "smallserial",
  int4: "serial",
  int8: "bigserial",
};
/** Digits of numbers, and places that dates and the like take when they are shown. */
const LENGTHS: Readonly<Record<string, number>> = {
  bool: 1,
  char: 1,
  int2: 5,
  int4: 10,
  oid: 10,
  int8: 19,
  float4: 8,
  float8: 17,
  date: 13,
  interval: 49,
};
const SHOWN: Readonly<Record<string, number>> = {
  time: 8,
  timetz: 14,
  timestamp: 22,
  timestamptz: 28,
};

/** The type of a column, and how large its values are, as Java's driver tells (pgjdbc: `TypeInfoCache`). */
export function sourceType(types: PgTypes, column: CatalogColumn, isSnapshot: boolean): SourceType {
  const declared = types.get(column.typeOid);
  const base = baseType(types, column.typeOid, column.modifier);
  if (declared === undefined || base === undefined) {
    return { name: "unknown", length: UNLIMITED, scale: 0 };
  }
  const { type, modifier } = base;
  const form = type.elementOid === 0 ? type.form : (types.get(type.elementOid)?.form ?? "");
  const isSerial = column.defaultExpression?.includes("nextval(") === true;
  const name = (isSerial ? SERIALS[declared.name] : undefined) ?? declared.name;
  if (form === "numeric" && modifier < 0) {
    // What the driver makes of no size; a snapshot knows columns, but not elements, better.
    return isSnapshot && type.elementOid === 0
      ? { name, length: 0, scale: undefined }
      : { name, length: 131_089, scale: 0 };
  }
  return { name, length: lengthOf(form, modifier), scale: scaleOf(form, modifier) };
}

function lengthOf(form: string, modifier: number): number {
  const shown = SHOWN[form];
  if (shown !== undefined) {
    const digits = modifier < 0 ? 6 : modifier;
    // One digit counts for two there.
    return digits === 0 ? shown : shown + 1 + Math.max(digits, 2);
  }
  switch (form) {
    case "numeric":
      return (modifier - 4) >>> 16;
    case "varchar":
    case "bpchar":
      return modifier < 0 ? UNLIMITED : modifier - 4;
    case "bit":
    case "varbit":
      return modifier < 0 ? UNLIMITED : modifier;
    default:
      return LENGTHS[form] ?? UNLIMITED;
  }
}

function scaleOf(form: string, modifier: number): number {
  if (SHOWN[form] !== undefined) return modifier < 0 ? 6 : modifier;
  switch (form) {
    case "numeric":
      return (((modifier - 4) & 0x7ff) ^ 0x400) - 0x400;
    case "float4":
      return 8;
    case "float8":
      return 17;
    case "interval":
      return modifier < 0 ? 6 : Math.min(modifier & 0xffff, 6);
    default:
      return 0;
  }
}
