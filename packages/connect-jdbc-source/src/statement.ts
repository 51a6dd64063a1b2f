import {
  type Dialect,
  type Origin,
  type Parameter,
  quoteName,
  type QuoteMethod,
  quoteTable,
  type Selection,
} from "@millrace/jdbc-dialects";
import { hasTail } from "./tail-clauses.ts";

/** What the rows of a table or query are narrowed to, and how they are ordered. */
export interface Narrowing {
  /** The condition; `bind` gives the placeholder of a value, in the order of the text. */
  readonly where: (bind: (value: Parameter) => string) => string;
  /** SQL of the order. */
  readonly orderBy: string;
  /** At most so many rows; absent for all. */
  readonly limit?: number | undefined;
}

/** Writes the statements that read one table, or the user's query (Java: `TableQuerier`). */
export class Statements {
  readonly origin: Origin;
  readonly #dialect: Dialect;
  readonly #quoting: QuoteMethod;
  readonly #suffix: string;
  readonly #all: string;

  /** @param suffix `query.suffix`, empty for none */
  constructor(dialect: Dialect, origin: Origin, quoting: QuoteMethod, suffix: string) {
    this.#dialect = dialect;
    this.origin = origin;
    this.#quoting = quoting;
    this.#suffix = suffix === "" ? "" : ` ${suffix}`;
    this.#all =
      "query" in origin
        ? origin.query
        : `SELECT * FROM ${quoteTable(dialect.identifiers, origin.table, quoting)}`;
  }

  /** A column's name in SQL. */
  column(name: string): string {
    return quoteName(this.#dialect.identifiers, name, this.#quoting);
  }

  /** Every row, in any order. */
  all(): Selection {
    const { derivesQueries } = this.#dialect.spelling;
    return this.#selection(derivesQueries ? this.#narrowable() : this.#all, [], []);
  }

  /** Some rows, each with its place in time by the first of these columns that has a value. */
  some({ where, orderBy, limit }: Narrowing, timestampColumns: readonly string[]): Selection {
    const parameters: Parameter[] = [];
    const condition = where((value) => {
      parameters.push(value);
      return this.#dialect.spelling.placeholder(parameters.length, value);
    });
    const ordered = `${this.#narrowable()} WHERE ${condition} ORDER BY ${orderBy}`;
    const sql = limit === undefined ? ordered : this.#dialect.spelling.limited(ordered, limit);
    return this.#selection(sql, parameters, timestampColumns);
  }

  /** What a condition may follow: a query that has one already becomes a derived table. */
  #narrowable(): string {
    if (!("query" in this.origin)) return this.#all;
    const { derivesQueries } = this.#dialect.spelling;
    if (!derivesQueries && !hasTail(this.origin.query)) return this.#all;
    // On lines of their own, where a comment of the query's can't reach.
    return `SELECT * FROM (\n${this.origin.query}\n)${this.#dialect.spelling.alias}millrace`;
  }

  #selection(
    sql: string,
    parameters: readonly Parameter[],
    timestampColumns: readonly string[],
  ): Selection {
    return { origin: this.origin, sql: sql + this.#suffix, parameters, timestampColumns };
  }
}
