import { quoteName, quoteTable } from "../identifiers.ts";
import type { DriverValue, Session } from "../session.ts";
import { type Bind, binderOf } from "../writing/binder.ts";
import type { RowColumn, Statement, Write, WriteOptions } from "../writing/writing.ts";
import { arrayLiteralBinder } from "./array-literal.ts";
import { elementType, encodeArray } from "./array-encoding.ts";
import { POSTGRES_IDENTIFIERS as NAMES } from "./index.ts";

/** Parameters of one statement, in bytes; more rows go in two. The protocol ends at 1 GB. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Types that take text as it is; a cast would cut it to a length of its own, or is needless. */
const TEXTS: ReadonlySet<string> = new Set(["text", "character varying", "bpchar", "name"]);

/**
 * One statement for any number of rows: each column is an array, and `UNNEST` makes rows of them.
 * Its text is the same for every batch, so the server parses it once.
 */
export function prepare<Row>(write: Write<Row>, options: WriteOptions): Statement<Row> {
  const parameters = write.columns.map((column) => parameterOf(column, options));
  const sql = statementText(write, options, parameters);
  const run = async (session: Session, rows: readonly Row[]): Promise<void> => {
    const values = parameters.map(({ encode }) => encode(rows));
    const bytes = values.reduce((sum, { length }) => sum + length, 0);
    if (bytes > MAX_BYTES && rows.length > 1) {
      const middle = Math.ceil(rows.length / 2);
      await run(session, rows.slice(0, middle));
      await run(session, rows.slice(middle));
    } else {
      await session.execute(sql, values);
    }
  };
  return { sql, run };
}

interface Parameter<Row> {
  /** Of the array's elements. */
  readonly type: string;
  /** What an element is cast to; null where the server does that by itself. */
  readonly cast: string | null;
  readonly encode: (rows: readonly Row[]) => Buffer;
}

function parameterOf<Row>(
  { column, schema, kind, read }: RowColumn<Row>,
  { temporal }: WriteOptions,
): Parameter<Row> {
  const element = elementType(kind, column.zoned);
  const bind: Bind =
    kind.is === "array" && column.type.endsWith("[]")
      ? arrayLiteralBinder(kind.element, schema, temporal)
      : binderOf({ schema, kind, zoned: column.zoned }, temporal);
  const valueOf = (row: Row): DriverValue => {
    const value = read(row);
    return value === null || value === undefined ? null : bind(value);
  };
  return {
    type: element.type,
    cast: castOf(element.type, column.type),
    encode: (rows) => encodeArray(element, rows, valueOf),
  };
}

/** Where SQL does not assign one type to the other by itself. */
function castOf(from: string, to: string): string | null {
  if (from === "text") return TEXTS.has(to) ? null : to;
  // Databases without booleans have numbers for them.
  if (from.startsWith("int") && to === "boolean") return "int4::boolean";
  return from === "bool" && to !== "boolean" ? "int4" : null;
}

function statementText<Row>(
  { mode, table, columns }: Write<Row>,
  { quoting }: WriteOptions,
  parameters: readonly Parameter<Row>[],
): string {
  const target = quoteTable(NAMES, table.table, quoting);
  const names = columns.map(({ column }) => quoteName(NAMES, column.name, quoting));
  const keys = names.filter((_, i) => columns[i]!.isKey);
  const others = names.filter((_, i) => !columns[i]!.isKey);
  const arrays = parameters.map(({ type }, i) => `$${i + 1}::${type}[]`).join(",");
  const shown = parameters.map(({ cast }, i) => `r.c${i + 1}${cast === null ? "" : `::${cast}`}`);
  const rows = `UNNEST(${arrays}) AS r(${parameters.map((_, i) => `c${i + 1}`).join(",")})`;
  const insert = `INSERT INTO ${target}(${names.join(",")}) SELECT ${shown.join(",")} FROM ${rows}`;
  const matching = columns
    .map(({ isKey }, i) => (isKey ? `t.${names[i]}=${shown[i]}` : ""))
    .filter((condition) => condition !== "")
    .join(" AND ");
  switch (mode) {
    case "insert":
      return insert;
    case "upsert": {
      const sets = others.map((name) => `${name}=EXCLUDED.${name}`).join(",");
      const action = sets === "" ? "NOTHING" : `UPDATE SET ${sets}`;
      return `${insert} ON CONFLICT (${keys.join(",")}) DO ${action}`;
    }
    case "update": {
      const sets = columns
        .map(({ isKey }, i) => (isKey ? "" : `${names[i]}=${shown[i]}`))
        .filter((set) => set !== "");
      return `UPDATE ${target} AS t SET ${sets.join(",")} FROM ${rows} WHERE ${matching}`;
    }
    case "delete":
      return `DELETE FROM ${target} AS t USING ${rows} WHERE ${matching}`;
  }
}
