import { Decimal } from "@millrace/connect-api";
import { safeInteger } from "../reading/integers.ts";
import { mapNumeric } from "../reading/numeric-mapping.ts";
import { schemaOf } from "../reading/schemas.ts";
import { parseTimeOfDay, parseWallClock } from "../reading/temporal-text.ts";
import {
  dateOfDay,
  inNanos,
  instantMaker,
  timeOfDay,
  timestampSchema,
  wallClockInstant,
  wallClockMaker,
} from "../reading/timestamps.ts";
import type { TypeOptions } from "../reading/type-options.ts";
import type { ValueType } from "../reading/value-stream.ts";

/** What `sp_describe_first_result_set` tells of a column. */
export interface SqlServerColumn {
  readonly name: string;
  /** Without what stands in brackets: `decimal`. */
  readonly type: string;
  readonly precision: number;
  readonly scale: number;
  readonly optional: boolean;
  readonly autoIncrement: boolean;
}

/** A column as it is read: the SQL that gives it, as text where the driver would lose something. */
export interface ReadColumn {
  /** Of the quoted column. */
  readonly expression: (column: string) => string;
  readonly valueType: ValueType;
}

const US_PER_DAY = 86_400_000_000;

/**
 * Points in time that a row can be placed by. A `datetime` is none: it counts in 300ths of
 * a second, and compares as something else than what it shows (as Java refuses it for
 * SQL Server 2016 and newer).
 */
export const isPointInTime = ({ type }: SqlServerColumn): boolean =>
  type === "datetime2" || type === "datetimeoffset" || type === "smalldatetime" || type === "date";

export const isInstant = ({ type }: SqlServerColumn): boolean => type === "datetimeoffset";

/** How a column becomes a field, or undefined for a type that Connect has no schema for (Java: `SqlServerDatabaseDialect`). */
export function readColumn(column: SqlServerColumn, options: TypeOptions): ReadColumn | undefined {
  const { type, optional, precision, scale } = column;
  const plain = (schema: Parameters<typeof schemaOf>[0], read: ValueType["read"]): ReadColumn => ({
    expression: (name) => name,
    valueType: { schema: schemaOf(schema, optional), read },
  });
  const same = (value: unknown) => value;
  switch (type) {
    case "bit":
      return plain("int8", (value: boolean) => Number(value));
    case "tinyint":
    case "smallint":
      return plain("int16", same);
    case "int":
      return plain("int32", same);
    case "bigint":
      return plain("int64", (digits: string) => safeInteger(BigInt(digits)));
    case "real":
      return plain("float32", same);
    case "float":
      return plain("float64", same);
    case "numeric":
      return decimal({ precision, scale, optional }, options.numericMapping);
    case "decimal":
      return decimal({ precision, scale, optional }, "none");
    case "money":
      return decimal({ precision: 19, scale: 4, optional }, "none");
    case "smallmoney":
      return decimal({ precision: 10, scale: 4, optional }, "none");
    case "char":
    case "varchar":
    case "text":
    case "nchar":
    case "nvarchar":
    case "ntext":
    case "sysname":
    case "uniqueidentifier":
      return plain("string", same);
    case "xml":
      return { ...plain("string", same), expression: (name) => `CONVERT(nvarchar(max), ${name})` };
    case "binary":
    case "varbinary":
    case "image":
    case "timestamp":
    case "rowversion":
      return plain("bytes", (bytes: Uint8Array) => Buffer.from(bytes));
    case "date":
      return date(optional, options);
    case "time":
      return time(optional, options);
    case "datetime":
    case "datetime2":
    case "smalldatetime":
    case "datetimeoffset":
      return timestamp(type === "datetimeoffset", optional, options);
    default:
      return undefined;
  }
}

function decimal(
  column: Parameters<typeof mapNumeric>[0],
  mapping: Parameters<typeof mapNumeric>[1],
): ReadColumn {
  const { schema, as } = mapNumeric(column, mapping);
  const read = {
    integer: (digits: string) => safeInteger(BigInt(digits)),
    double: (digits: string) => Number(digits),
    decimal: (digits: string) => Decimal.parse(digits).withScale(column.scale),
  }[as];
  // Style 2 is that of money with all its digits; for decimals it says nothing.
  return { expression: (name) => `CONVERT(varchar(60), ${name}, 2)`, valueType: { schema, read } };
}

function date(optional: boolean, { calendar, timeZone }: TypeOptions): ReadColumn {
  return {
    expression: (name) => `CONVERT(varchar(10), ${name}, 23)`,
    valueType: {
      schema: schemaOf("date", optional),
      read: (text: string) => dateOfDay(Number(parseWallClock(text).micros) / US_PER_DAY, calendar),
      instant: (text: string) => wallClockInstant(parseWallClock(text).micros, 0, timeZone),
    },
  };
}

function time(optional: boolean, { timeZone }: TypeOptions): ReadColumn {
  // Java reads a time as one of 1970-01-01.
  const offset = timeZone.toInstant(0) * 1000;
  return {
    expression: (name) => `CONVERT(varchar(20), ${name}, 121)`,
    valueType: {
      schema: schemaOf("time", optional),
      read: (text: string) => timeOfDay(parseTimeOfDay(text) + offset),
    },
  };
}

/** Texts with all digits, those of a datetimeoffset in UTC. */
function timestamp(isInstant: boolean, optional: boolean, options: TypeOptions): ReadColumn {
  const make = isInstant ? instantMaker(options) : wallClockMaker(options);
  return {
    expression: (name) =>
      isInstant
        ? `CONVERT(varchar(40), CONVERT(datetime2(7), SWITCHOFFSET(${name}, '+00:00')), 121)`
        : `CONVERT(varchar(40), ${name}, 121)`,
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
