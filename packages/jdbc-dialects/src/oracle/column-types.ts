import { Decimal, decimalSchema } from "@millrace/connect-api";
import { safeInteger } from "../reading/integers.ts";
import { mapNumeric } from "../reading/numeric-mapping.ts";
import { schemaOf } from "../reading/schemas.ts";
import { parseWallClock } from "../reading/temporal-text.ts";
import {
  inNanos,
  instantMaker,
  timestampSchema,
  wallClockInstant,
  wallClockMaker,
} from "../reading/timestamps.ts";
import type { TypeOptions } from "../reading/type-options.ts";
import type { ValueType } from "../reading/value-stream.ts";

/** What the driver tells of a column. */
export interface OracleColumn {
  readonly name: string;
  /** `NUMBER`, `TIMESTAMP WITH TIME ZONE` … */
  readonly type: string;
  readonly precision: number;
  readonly scale: number;
  readonly optional: boolean;
}

/** A column as it is read: the SQL that gives it, as text where the driver would lose something. */
export interface ReadColumn {
  /** Of the quoted column. */
  readonly expression: (column: string) => string;
  readonly valueType: ValueType;
}

/** Scale of a Decimal where the column has none of its own: NUMBER without digits, and FLOAT. */
const UNCONSTRAINED_SCALE = 127;

/** A date has a time, to the second. */
export const isPointInTime = ({ type }: OracleColumn): boolean => /^(DATE|TIMESTAMP)/.test(type);

export const isInstant = ({ type }: OracleColumn): boolean => type.includes("TIME ZONE");

/** How a column becomes a field, or undefined for a type that Connect has no schema for (Java: `OracleDatabaseDialect`). */
export function readColumn(column: OracleColumn, options: TypeOptions): ReadColumn | undefined {
  const { type, optional } = column;
  const plain = (schema: Parameters<typeof schemaOf>[0], read: ValueType["read"]): ReadColumn => ({
    expression: (name) => name,
    valueType: { schema: schemaOf(schema, optional), read },
  });
  const same = (value: unknown) => value;
  if (isPointInTime(column)) return timestamp(isInstant(column), optional, options);
  switch (type) {
    case "NUMBER":
      return number(column, options);
    case "BINARY_FLOAT":
      return plain("float32", same);
    case "BINARY_DOUBLE":
      return plain("float64", same);
    case "VARCHAR2":
    case "NVARCHAR2":
    case "CHAR":
    case "NCHAR":
    case "CLOB":
    case "NCLOB":
    case "LONG":
      return plain("string", same);
    case "XMLTYPE":
      return {
        ...plain("string", same),
        expression: (name) => `XMLSERIALIZE(CONTENT ${name} AS CLOB)`,
      };
    case "JSON":
      return {
        ...plain("string", same),
        expression: (name) => `JSON_SERIALIZE(${name} RETURNING CLOB)`,
      };
    case "RAW":
    case "LONG RAW":
    case "BLOB":
      return plain("bytes", (bytes: Uint8Array) => Buffer.from(bytes));
    case "BOOLEAN":
      return plain("boolean", same);
    default:
      return undefined;
  }
}

/** The session writes a decimal point. */
function number(column: OracleColumn, { numericMapping }: TypeOptions): ReadColumn {
  const { precision, scale, optional } = column;
  const isOpen = precision === 0 || scale === -127;
  const { schema, as } = isOpen
    ? {
        schema: decimalSchema(UNCONSTRAINED_SCALE, { optional, precision: 0 }),
        as: "decimal" as const,
      }
    : mapNumeric({ precision, scale, optional }, numericMapping);
  const digits = isOpen ? UNCONSTRAINED_SCALE : scale;
  const read = {
    integer: (text: string) => safeInteger(BigInt(text)),
    double: (text: string) => Number(text),
    decimal: (text: string) => Decimal.parse(text).withScale(digits),
  }[as];
  return { expression: (name) => `TO_CHAR(${name}, 'TM9')`, valueType: { schema, read } };
}

/** Texts with all digits, those that know a zone in UTC. */
function timestamp(isInstant: boolean, optional: boolean, options: TypeOptions): ReadColumn {
  const make = isInstant ? instantMaker(options) : wallClockMaker(options);
  const wallClock = (name: string) =>
    isInstant ? `SYS_EXTRACT_UTC(${name})` : `CAST(${name} AS TIMESTAMP(9))`;
  return {
    expression: (name) => `TO_CHAR(${wallClock(name)}, 'FXYYYY-MM-DD HH24:MI:SS.FF9')`,
    valueType: {
      schema: timestampSchema(options.granularity, optional),
      read: (text: string) => {
        const { micros, nanos } = parseWallClock(text);
        return make(micros, nanos);
      },
      instant: (text: string) => {
        const { micros, nanos } = parseWallClock(text);
        if (isInstant) return inNanos(micros, nanos);
        return wallClockInstant(micros, nanos, options.timeZone);
      },
    },
  };
}
