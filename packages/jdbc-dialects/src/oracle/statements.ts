import { quoteName, quoteTable } from "../identifiers.ts";
import type { DriverValue } from "../session.ts";
import { binderOf } from "../writing/binder.ts";
import type { Kind } from "../writing/kind.ts";
import { temporalText } from "../writing/literals.ts";
import { inOrderOfPlaceholders, runMany } from "../writing/run-many.ts";
import type { RowColumn, Statement, Write, WriteOptions } from "../writing/writing.ts";
import { ORACLE_IDENTIFIERS as NAMES } from "./index.ts";

/** One statement, run for all rows in one round trip. */
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

function reader<Row>({ column, schema, kind, read }: RowColumn<Row>, { temporal }: WriteOptions) {
  const bind = binderOf({ schema, kind, zoned: column.zoned }, temporal);
  return (row: Row): DriverValue => {
    const value = read(row);
    return value === null || value === undefined ? null : sent(kind, bind(value)!, column.zoned);
  };
}

/** Text where a JavaScript number or date would lose something; the statement says how to read it. */
function sent(kind: Kind, value: Exclude<DriverValue, null>, zoned: boolean): DriverValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  // All values of a column have one type: large ones come as bigint.
  if (kind.is === "int64" || typeof value === "bigint") return String(value);
  const text = temporalText(kind, value);
  if (text === undefined) return value;
  if (kind.is === "time") return `1970-01-01 ${text}`;
  const isNaked = zoned && kind.is === "timestamp" && typeof value === "number";
  return isNaked ? `${text}+00:00` : text;
}

/** A placeholder as a value of its kind, whatever the session's NLS settings are. */
function placeholder<Row>({ column, kind }: RowColumn<Row>, number: number): string {
  const mark = `:${number}`;
  switch (kind.is) {
    case "decimal":
    case "variable_decimal":
      return `TO_NUMBER(${mark}, '${DECIMAL_FORMAT}', 'NLS_NUMERIC_CHARACTERS=''.,''')`;
    case "int64":
      return `TO_NUMBER(${mark})`;
    case "date":
      return `TO_DATE(${mark}, 'SYYYY-MM-DD')`;
    case "time":
    case "timestamp":
    case "zoned_timestamp":
      return column.zoned
        ? `TO_TIMESTAMP_TZ(${mark}, 'SYYYY-MM-DD HH24:MI:SS.FFTZH:TZM')`
        : `TO_TIMESTAMP(${mark}, 'SYYYY-MM-DD HH24:MI:SS.FF')`;
    default:
      return mark;
  }
}

const DECIMAL_FORMAT = `${"9".repeat(31)}D${"9".repeat(31)}`;

function statementText<Row>(
  { mode, table, columns }: Write<Row>,
  { quoting }: WriteOptions,
): string {
  const target = quoteTable(NAMES, table.table, quoting);
  const names = columns.map(({ column }) => quoteName(NAMES, column.name, quoting));
  const values = columns.map((column, i) => placeholder(column, i + 1));
  const others = names.filter((_, i) => !columns[i]!.isKey);
  const list = names.join(",");
  switch (mode) {
    case "insert":
      return `INSERT INTO ${target}(${list}) VALUES(${values.join(",")})`;
    case "upsert": {
      const incoming = names.map((name, i) => `${values[i]} ${name}`).join(",");
      const matching = names
        .filter((_, i) => columns[i]!.isKey)
        .map((name) => `${target}.${name}=incoming.${name}`)
        .join(" AND ");
      const sets = others.map((name) => `${target}.${name}=incoming.${name}`).join(",");
      const matched = sets === "" ? "" : ` WHEN MATCHED THEN UPDATE SET ${sets}`;
      const qualified = (of: string) => names.map((name) => `${of}.${name}`).join(",");
      return `MERGE INTO ${target} USING (SELECT ${incoming} FROM dual) incoming ON (${matching})${matched} WHEN NOT MATCHED THEN INSERT(${qualified(target)}) VALUES(${qualified("incoming")})`;
    }
    case "update":
    case "delete": {
      const pairs = (isKey: boolean) =>
        names
          .map((name, i) => `${name}=${values[i]}`)
          .filter((_, i) => columns[i]!.isKey === isKey);
      const where = `WHERE ${pairs(true).join(" AND ")}`;
      if (mode === "delete") return `DELETE FROM ${target} ${where}`;
      return `UPDATE ${target} SET ${pairs(false).join(",")} ${where}`;
    }
  }
}
