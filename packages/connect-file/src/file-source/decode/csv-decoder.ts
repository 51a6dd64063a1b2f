import { type Schema, SchemaBuilder, Struct } from "@millrace/connect-api";
import { parse } from "csv-parse/sync";
import type { Characters } from "./characters.ts";
import { csvRows } from "./csv-rows.ts";
import { type ColumnType, csvColumnType } from "./csv-types.ts";
import { checked } from "./line-decoder.ts";
import { type Decoder, InvalidUnit, type Layout, type Piece, type Units } from "./units.ts";

export interface CsvOptions {
  readonly separator: string;
  readonly quote: string;
  readonly hasHeader: boolean;
  /** Names where there is no header. */
  readonly columns: readonly string[];
  readonly types: readonly string[];
}

/** The columns of a file. */
interface Columns extends Layout {
  readonly schema: Schema;
  readonly types: readonly ColumnType[];
}

/** Files of one kind share their schema; that many kinds are remembered. */
const REMEMBERED = 100;

/** Rows become structs, whose fields are the columns; blank lines are nothing. */
export class CsvDecoder implements Decoder {
  readonly schema = null;
  readonly #characters: Characters;
  readonly #options: CsvOptions;
  readonly #types: ReadonlyMap<string, ColumnType>;
  readonly #refusesInvalid: boolean;
  readonly #columns = new Map<string, Columns>();

  constructor(characters: Characters, options: CsvOptions, refusesInvalid: boolean) {
    this.#characters = characters;
    this.#options = options;
    this.#types = csvColumnType.all(options.types);
    this.#refusesInvalid = refusesInvalid;
  }

  layout(head: Piece): Columns | null {
    const { hasHeader, columns } = this.#options;
    if (!hasHeader) return this.#columnsOf(columns);
    const header = this.#rows(head).values.find((row) => row !== undefined);
    if (header === undefined) return null;
    const names = this.#fields([header])[0];
    // A header that is no row: the columns are nameless.
    return this.#columnsOf(Array.isArray(names) ? names : []);
  }

  decode(piece: Piece, layout: Columns | null): Units {
    if (layout === null) return { values: [], ends: [] };
    const { values: rows, ends, start } = this.#rows(piece);
    if (rows.length === 0) return { values: [], ends };
    const header = piece.at === 0 && this.#options.hasHeader ? rows.findIndex(isText) : -1;
    const found = rows.flatMap((row, i) => (row === undefined || i === header ? [] : [i]));
    const fields = this.#fields(found.map((i) => rows[i]!));
    const values: unknown[] = Array.from(rows, () => undefined);
    found.forEach((row, i) => {
      const value = structOf(fields[i]!, layout);
      if (typeof value !== "string") {
        values[row] = value;
        return;
      }
      const from = (ends[row - 1] ?? start) - piece.at;
      const bytes = Buffer.from(piece.bytes.subarray(from, ends[row]! - piece.at));
      values[row] = new InvalidUnit(value, bytes);
    });
    if (!this.#refusesInvalid) return { values, ends };
    return { values: checked(this.#characters, piece, values, start, ends), ends };
  }

  endOfTooLong(piece: Piece): number {
    return this.#characters.lineEnd(piece);
  }

  #rows(piece: Piece) {
    return csvRows(piece, this.#characters, this.#options.quote, this.#options.separator);
  }

  /** The values of each row, or what is wrong with it. */
  #fields(rows: readonly string[]): readonly (string[] | string)[] {
    try {
      const parsed = this.#parse(rows.join("\n"));
      if (parsed.length === rows.length) return parsed;
    } catch {
      // Which row it was shows when each is parsed alone.
    }
    return rows.map((row) => {
      try {
        return this.#parse(row)[0] ?? [];
      } catch (error) {
        return `It is no row: ${(error as Error).message}`;
      }
    });
  }

  #parse(text: string): string[][] {
    const { separator, quote } = this.#options;
    return parse(text, {
      delimiter: separator,
      quote,
      escape: quote,
      record_delimiter: "\n",
      relax_column_count: true,
    });
  }

  #columnsOf(names: readonly string[]): Columns {
    const key = JSON.stringify(names);
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const builder = SchemaBuilder.struct();
    const types: ColumnType[] = [];
    for (const name of distinct(names)) {
      const type = this.#types.get(name) ?? csvColumnType.text;
      builder.field(name, type.schema);
      types.push(type);
    }
    const columns = { schema: builder.build(), types };
    if (this.#columns.size >= REMEMBERED) this.#columns.delete(this.#columns.keys().next().value!);
    this.#columns.set(key, columns);
    return columns;
  }
}

/** A struct, or what is wrong with the row. */
function structOf(fields: readonly string[] | string, { schema, types }: Columns): Struct | string {
  if (typeof fields === "string") return fields;
  if (fields.length !== types.length) {
    return `The row has ${fields.length} values for ${types.length} columns`;
  }
  const values: unknown[] = [];
  for (const [i, text] of fields.entries()) {
    const type = types[i]!;
    const isNull = text === "" && type !== csvColumnType.text;
    const value = isNull ? null : type.value(text);
    if (value === undefined) {
      const { name, schema: wanted } = schema.fields[i]!;
      return `The value of column ${name} is no ${wanted.type}`;
    }
    values.push(value);
  }
  return Struct.of(schema, values);
}

/** A field needs a name of its own: nameless columns and repeated names get a number. */
function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((given, i) => {
    let name = given || `column${i + 1}`;
    for (let n = 2; taken.has(name); n += 1) name = `${given || "column"}_${n}`;
    taken.add(name);
    return name;
  });
}

function isText(row: string | undefined): boolean {
  return row !== undefined;
}
