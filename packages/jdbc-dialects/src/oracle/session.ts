import type { ConnectError } from "@millrace/connect-api";
import type { ConnectionSettings } from "../dialect.ts";
import { DriverSession } from "../driver-session.ts";
import { plainName, quoteName, type TableId } from "../identifiers.ts";
import { castList } from "../reading/cast-list.ts";
import { allOf, nameOf } from "../reading/origin.ts";
import { parseWallClock } from "../reading/temporal-text.ts";
import { inNanos } from "../reading/timestamps.ts";
import { ValueStream, type ValueStreamOptions } from "../reading/value-stream.ts";
import { isoWallClock } from "../reading/wall-clock.ts";
import type {
  DriverValue,
  Instant,
  Origin,
  Parameter,
  ResultColumn,
  ResultSet,
  RowBatch,
  SelectOptions,
  Selection,
  Session,
  TableFilter,
} from "../session.ts";
import type { TimeZone } from "../time-zone.ts";
import {
  identityQuery,
  listTablesQuery,
  NOW,
  primaryKeyQuery,
  readTables,
  SAFE_TIME,
} from "./catalog.ts";
import type { OracleConnection } from "./client.ts";
import { isInstant, isPointInTime, type OracleColumn, readColumn } from "./column-types.ts";
import { ORACLE_FAULTS } from "./faults.ts";
import { ORACLE_IDENTIFIERS } from "./index.ts";

/** What the session is told before anything else: how numbers are written, and its zone. */
export const SESSION_SQL = "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,' TIME_ZONE = '+00:00'";

/** One connection to Oracle. */
export class OracleSession extends DriverSession<OracleConnection> implements Session {
  readonly #isolation: string | undefined;
  #result: OracleResult | undefined;

  constructor(connection: OracleConnection, { isolation }: ConnectionSettings) {
    super(connection, ORACLE_FAULTS);
    // There are two levels: what is less strict than the lower one is that one.
    this.#isolation =
      isolation === "SERIALIZABLE" || isolation === "REPEATABLE_READ" ? "SERIALIZABLE" : undefined;
  }

  listTables(filter: TableFilter): Promise<TableId[]> {
    return this.run("list the tables", async () => {
      const { sql, values } = listTablesQuery(filter);
      return readTables((await this.connection.run(sql, values)).rows);
    });
  }

  describe(origin: Origin, options: SelectOptions): Promise<ResultColumn[]> {
    return this.run(`describe ${nameOf(origin)}`, async () => {
      const sql = allOf(ORACLE_IDENTIFIERS, origin, options);
      const identity = "table" in origin ? await this.#names(identityQuery(origin.table)) : [];
      return (await this.connection.describe(sql)).map((column) => ({
        name: column.name,
        type: column.type,
        schema: readColumn(column, options.types)?.valueType.schema,
        autoIncrement: identity.includes(column.name),
        isTimestamp: isPointInTime(column),
      }));
    });
  }

  primaryKey(table: TableId): Promise<string[]> {
    return this.run(`look up the primary key of ${plainName(table)}`, () =>
      this.#names(primaryKeyQuery(table)),
    );
  }

  /** Reads in a transaction of its own, which ends with the last row. */
  select(selection: Selection, options: SelectOptions): Promise<ResultSet> {
    const what = nameOf(selection.origin);
    return this.run(`read ${what}`, async () => {
      await this.connection.rollback();
      if (this.#isolation !== undefined) {
        await this.connection.run(`SET TRANSACTION ISOLATION LEVEL ${this.#isolation}`);
      }
      const columns = await this.connection.describe(selection.sql);
      const read = columns.map((column) => readColumn(column, options.types));
      const expressions = columns.map(({ name }, i) => {
        const quoted = quoteName(ORACLE_IDENTIFIERS, name, "always");
        return `${read[i]?.expression(quoted) ?? "NULL"} AS ${quoted}`;
      });
      const values = bind(selection.parameters, columns, options.types.timeZone);
      const { batchRows } = options;
      const rows = await this.connection.open(
        castList(selection.sql, expressions),
        values,
        batchRows,
      );
      this.#result = new OracleResult(
        () => rows.getRows(batchRows),
        async () => {
          await rows.close();
          await this.connection.commit();
        },
        (error) => this.translated(error, `read ${what}`),
        {
          columns: columns.map(({ name, type }, i) => ({
            name,
            type,
            valueType: read[i]?.valueType,
          })),
          timestampColumns: selection.timestampColumns,
          batchRows,
          what,
        },
      );
      return this.#result;
    });
  }

  now(): Promise<Instant> {
    return this.run("ask for the time", () => this.#time(NOW));
  }

  safeTime(): Promise<Instant> {
    return this.run("look for open transactions", () => this.#time(SAFE_TIME));
  }

  executeMany(sql: string, rows: readonly (readonly DriverValue[])[]): Promise<void> {
    return this.run("run a statement", () => this.connection.runMany(sql, rows));
  }

  async close(): Promise<void> {
    const isReading = this.#result !== undefined && !this.#result.isOver;
    await this.connection.close(this.isBusy || isReading);
  }

  /** The first statement begins one. */
  protected begin(): Promise<void> {
    return Promise.resolve();
  }

  protected commit(): Promise<void> {
    return this.connection.commit();
  }

  protected rollback(): Promise<void> {
    return this.connection.rollback();
  }

  async #names({ sql, values }: ReturnType<typeof primaryKeyQuery>): Promise<string[]> {
    return (await this.connection.run(sql, values)).rows.map(([name]) => String(name));
  }

  async #time(sql: string): Promise<Instant> {
    const { rows } = await this.connection.run(sql);
    const { micros, nanos } = parseWallClock(String(rows[0]?.[0]));
    return inNanos(micros, nanos);
  }
}

/** Fetches a batch when one is asked for. */
class OracleResult implements ResultSet {
  readonly #fetch: () => Promise<unknown[][]>;
  readonly #end: () => Promise<void>;
  readonly #translated: (error: unknown) => ConnectError;
  readonly #stream: ValueStream;

  constructor(
    fetch: () => Promise<unknown[][]>,
    end: () => Promise<void>,
    translated: (error: unknown) => ConnectError,
    options: Omit<ValueStreamOptions, "pause" | "resume">,
  ) {
    this.#fetch = fetch;
    this.#end = end;
    this.#translated = translated;
    // Nothing comes that is not asked for: there is nobody to hold back.
    this.#stream = new ValueStream({ ...options, pause: () => {}, resume: () => {} });
  }

  get fields() {
    return this.#stream.fields;
  }

  get dropped() {
    return this.#stream.dropped;
  }

  get isOver(): boolean {
    return this.#stream.isOver;
  }

  async next(): Promise<RowBatch | null> {
    const batch = this.#stream.next();
    if (!this.#stream.isOver && !this.#stream.isAhead) await this.#fill();
    return batch;
  }

  async #fill(): Promise<void> {
    try {
      const rows = await this.#fetch();
      for (const row of rows) if (!this.#stream.push(row)) return;
      this.#stream.flush();
      if (rows.length > 0) return;
      await this.#end();
      this.#stream.end();
    } catch (error) {
      this.#stream.fail(this.#translated(error));
    }
  }
}

/** As texts, which the statement casts; those compared with columns that know a zone are of UTC, the session's. */
export function bind(
  parameters: readonly Parameter[],
  columns: readonly OracleColumn[],
  timeZone: TimeZone,
): string[] {
  return parameters.map((parameter) => {
    if (typeof parameter === "bigint") return parameter.toString();
    const { instant } = parameter;
    const isUtc = columns.some(
      (column) => parameter.columns.includes(column.name) && isInstant(column),
    );
    const offset = isUtc ? 0 : timeZone.offsetAt(Number(instant / 1_000_000n));
    return isoWallClock(instant + BigInt(offset) * 1_000_000n, 9).replace("T", " ");
  });
}
