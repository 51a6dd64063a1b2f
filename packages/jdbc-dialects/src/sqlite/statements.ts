import { DataError, MS_PER_DAY } from "@millrace/connect-api";
import { quoteName, quoteTable } from "../identifiers.ts";
import type { DriverValue } from "../session.ts";
import { TimeZone } from "../time-zone.ts";
import {
  type Bind,
  type BindingColumn,
  binderOf,
  type TemporalOptions,
} from "../writing/binder.ts";
import type { Kind } from "../writing/kind.ts";
import { inOrderOfPlaceholders, runMany } from "../writing/run-many.ts";
import type { RowColumn, Statement, Write, WriteOptions } from "../writing/writing.ts";
import { SQLITE_IDENTIFIERS as NAMES } from "./index.ts";

/** A prepared statement, run for each row within the transaction: there is no way to a server. */
export function prepare<Row>(given: Write<Row>, options: WriteOptions): Statement<Row> {
  const write = inOrderOfPlaceholders(given);
  const sql = statementText(write, options);
  const values = write.columns.map((column) => reader(column, options));
  return {
    sql,
    run: (session, rows) =>
      runMany(
        session,
        sql,
        rows.map((row) => values.map((valueOf) => valueOf(row))),
      ),
  };
}

/** Numbers are instants, as Java's driver has them: only texts of a time depend on db.timezone. */
function reader<Row>({ schema, kind, read }: RowColumn<Row>, { temporal }: WriteOptions) {
  const bind = sqliteBinder({ schema, kind, zoned: false }, temporal);
  return (row: Row): DriverValue => {
    const value = read(row);
    return value === null || value === undefined ? null : stored(kind, bind(value));
  };
}

export function sqliteBinder({ schema, kind }: BindingColumn, temporal: TemporalOptions): Bind {
  const zoned = kind.is !== "time" || kind.digits === 3;
  return binderOf({ schema, kind, zoned }, { ...temporal, dateZone: TimeZone.UTC });
}

/**
 * What SQLite stores of a bound value: whole numbers as integers, points in time as milliseconds, as
 * Java's driver does.
 * @throws {DataError} for NaN, which SQLite would make NULL of
 */
export function stored(kind: Kind, value: Exclude<DriverValue, null>): Exclude<DriverValue, null>;
export function stored(kind: Kind, value: DriverValue): DriverValue;
export function stored(kind: Kind, value: DriverValue): DriverValue {
  switch (typeof value) {
    case "boolean":
      return value ? 1n : 0n;
    case "number":
      if (Number.isNaN(value)) throw new DataError("SQLite has no number NaN");
      if (kind.is === "date") return BigInt(value * MS_PER_DAY);
      if (kind.is === "float32" || kind.is === "float64") return value;
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    default:
      return value;
  }
}

function statementText<Row>(
  { mode, table, columns }: Write<Row>,
  { quoting }: WriteOptions,
): string {
  const target = quoteTable(NAMES, table.table, quoting);
  const names = columns.map(({ column }) => quoteName(NAMES, column.name, quoting));
  const keys = names.filter((_, i) => columns[i]!.isKey);
  const others = names.filter((_, i) => !columns[i]!.isKey);
  const insert = `INSERT INTO ${target}(${names.join(",")}) VALUES(${names.map(() => "?").join(",")})`;
  const where = `WHERE ${keys.map((name) => `${name}=?`).join(" AND ")}`;
  switch (mode) {
    case "insert":
      return insert;
    case "upsert": {
      const sets = others.map((name) => `${name}=excluded.${name}`).join(",");
      const action = sets === "" ? "NOTHING" : `UPDATE SET ${sets}`;
      return `${insert} ON CONFLICT(${keys.join(",")}) DO ${action}`;
    }
    case "update":
      return `UPDATE ${target} SET ${others.map((name) => `${name}=?`).join(",")} ${where}`;
    case "delete":
      return `DELETE FROM ${target} ${where}`;
  }
}
