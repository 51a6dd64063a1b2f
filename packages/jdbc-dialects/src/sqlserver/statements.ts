import { DataError } from "@millrace/connect-api";
import { quoteName, quoteTable } from "../identifiers.ts";
import type { DriverValue } from "../session.ts";
import { binderOf } from "../writing/binder.ts";
import type { Kind } from "../writing/kind.ts";
import { temporalText } from "../writing/literals.ts";
import type { RowColumn, Statement, Write, WriteOptions } from "../writing/writing.ts";
import { SQLSERVER_IDENTIFIERS as NAMES } from "./index.ts";

/**
 * One statement for any number of rows: they are one JSON text, which `OPENJSON` takes apart
 * (SQL Server 2016, compatibility level 130). Parameters would end at 2,100.
 */
export function prepare<Row>(write: Write<Row>, options: WriteOptions): Statement<Row> {
  const sql = statementText(write, options);
  const values = write.columns.map((column) => writer(column, options));
  return {
    sql,
    async run(session, rows) {
      const texts = rows.map((row) => `[${values.map((text) => text(row)).join(",")}]`);
      await session.execute(sql, [`[${texts.join(",")}]`]);
    },
  };
}

function writer<Row>({ column, schema, kind, read }: RowColumn<Row>, { temporal }: WriteOptions) {
  const bind = binderOf({ schema, kind, zoned: column.zoned }, temporal);
  return (row: Row): string => {
    const value = read(row);
    return value === null || value === undefined ? "null" : jsonOf(kind, bind(value), column.zoned);
  };
}

function jsonOf(kind: Kind, value: DriverValue, zoned: boolean): string {
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString("base64")}"`;
  const temporal = temporalText(kind, value);
  if (temporal !== undefined) {
    const isNaked = zoned && kind.is === "timestamp" && typeof value === "number";
    return JSON.stringify(isNaked ? `${temporal}+00:00` : temporal);
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new DataError(`SQL Server has no number ${value}`);
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function statementText<Row>(
  { mode, table, columns }: Write<Row>,
  { quoting, holdLock }: WriteOptions,
): string {
  const target = quoteTable(NAMES, table.table, quoting);
  const names = columns.map(({ column }) => quoteName(NAMES, column.name, quoting));
  const others = names.filter((_, i) => !columns[i]!.isKey);
  const list = names.join(",");
  const shape = columns.map(({ column }, i) => `${names[i]} ${column.type} '$[${i}]'`).join(",");
  const incoming = `(SELECT ${list} FROM OPENJSON(@p1) WITH (${shape})) AS incoming`;
  const matching = names
    .filter((_, i) => columns[i]!.isKey)
    .map((name) => `target.${name}=incoming.${name}`)
    .join(" AND ");
  const sets = others.map((name) => `target.${name}=incoming.${name}`).join(",");
  switch (mode) {
    case "insert":
      return `INSERT INTO ${target}(${list}) SELECT ${list} FROM ${incoming}`;
    case "upsert": {
      const lock = holdLock ? " WITH (HOLDLOCK)" : "";
      const matched = sets === "" ? "" : ` WHEN MATCHED THEN UPDATE SET ${sets}`;
      const inserted = names.map((name) => `incoming.${name}`).join(",");
      return `MERGE INTO ${target}${lock} AS target USING ${incoming} ON (${matching})${matched} WHEN NOT MATCHED THEN INSERT (${list}) VALUES (${inserted});`;
    }
    case "update":
      return `UPDATE target SET ${sets} FROM ${target} AS target JOIN ${incoming} ON ${matching}`;
    case "delete":
      return `DELETE target FROM ${target} AS target JOIN ${incoming} ON ${matching}`;
  }
}
