import { quoteName, quoteTable } from "../identifiers.ts";
import type { Session } from "../session.ts";
import { binderOf } from "../writing/binder.ts";
import type { RowColumn, Statement, Write, WriteOptions } from "../writing/writing.ts";
import { MYSQL_IDENTIFIERS as NAMES } from "./index.ts";
import { literal } from "./literal.ts";

/** Of what the server takes in one packet; a character may be four bytes. */
const PACKET_SHARE = 0.2;

/** What of a server's settings statements depend on. */
interface ServerSettings {
  readonly plainBackslash: boolean;
  /** Characters of a statement, at most. */
  readonly maxLength: number;
}

const known = new WeakMap<Session, ServerSettings>();

/** Rows are literals in the text of one statement, many at a time. */
export function prepare<Row>(write: Write<Row>, options: WriteOptions): Statement<Row> {
  const { mode, columns } = write;
  const parts = statementParts(write, options);
  const values = columns.map((column) => writer(column, options));
  const row = `(${columns.map(() => "?").join(",")})`;
  return {
    sql: parts.head + (mode === "update" ? parts.single : row) + parts.tail,
    async run(session, rows) {
      const { plainBackslash, maxLength } = await settingsOf(session);
      const one = (data: Row) => values.map((text) => text(data, plainBackslash));
      if (mode === "update") {
        for (const data of rows) await session.execute(parts.update(one(data)));
        return;
      }
      let sql = "";
      const send = async () => {
        if (sql !== "") await session.execute(parts.head + sql + parts.tail);
        sql = "";
      };
      for (const data of rows) {
        const text = `(${one(data).join(",")})`;
        if (sql.length + text.length > maxLength) await send();
        sql += sql === "" ? text : `,${text}`;
      }
      await send();
    },
  };
}

function writer<Row>({ column, schema, kind, read }: RowColumn<Row>, { temporal }: WriteOptions) {
  const bind = binderOf({ schema, kind, zoned: column.zoned }, temporal);
  return (row: Row, plainBackslash: boolean): string => {
    const value = read(row);
    if (value === null || value === undefined) return "NULL";
    const bound = bind(value);
    // The session's zone is UTC, and not every version reads an offset.
    const isInstant = column.zoned && typeof bound === "string" && bound.endsWith("+00:00");
    return literal(kind, isInstant ? bound.slice(0, -6) : bound, plainBackslash);
  };
}

async function settingsOf(session: Session): Promise<ServerSettings> {
  let settings = known.get(session);
  if (settings === undefined) {
    // As Java's driver has it: what does not fit is an error, and not cut to fit.
    await session.execute("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')");
    const [row = []] = await session.query("SELECT @@SESSION.sql_mode, @@max_allowed_packet");
    settings = {
      plainBackslash: String(row[0]).includes("NO_BACKSLASH_ESCAPES"),
      maxLength: Number(row[1]) * PACKET_SHARE,
    };
    known.set(session, settings);
  }
  return settings;
}

function statementParts<Row>({ mode, table, columns }: Write<Row>, { quoting }: WriteOptions) {
  const target = quoteTable(NAMES, table.table, quoting);
  const names = columns.map(({ column }) => quoteName(NAMES, column.name, quoting));
  const keys = names.filter((_, i) => columns[i]!.isKey);
  const others = names.filter((_, i) => !columns[i]!.isKey);
  const update = (values: readonly string[]): string => {
    const pairs = (isKey: boolean) =>
      names.map((name, i) => `${name}=${values[i]}`).filter((_, i) => columns[i]!.isKey === isKey);
    return `UPDATE ${target} SET ${pairs(false).join(",")} WHERE ${pairs(true).join(" AND ")}`;
  };
  const insert = `INSERT INTO ${target}(${names.join(",")}) VALUES `;
  switch (mode) {
    case "insert":
      return { head: insert, tail: "", single: "", update };
    case "upsert": {
      // With nothing but keys there is nothing to change, but an insert would be refused.
      const sets = others.length > 0 ? others : keys;
      const list = sets.map((name) => `${name}=VALUES(${name})`).join(",");
      return { head: insert, tail: ` ON DUPLICATE KEY UPDATE ${list}`, single: "", update };
    }
    case "update":
      return { head: "", tail: "", single: update(names.map(() => "?")), update };
    case "delete": {
      const list = keys.length === 1 ? keys[0]! : `(${keys.join(",")})`;
      return { head: `DELETE FROM ${target} WHERE ${list} IN (`, tail: ")", single: "", update };
    }
  }
}
