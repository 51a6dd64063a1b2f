import { ConnectError } from "@millrace/connect-api";
import { type PostgresConnection, translate } from "../client.ts";
import type {
  QuoteMethod,
  ResultSet,
  SelectOptions,
  Selection,
  Session,
  TableColumn,
  TableId,
} from "../dialect/dialect.ts";
import { plainName } from "../tables.ts";
import { describeResultSql, LIST_TABLES, readResultDetails, readTables } from "./catalog.ts";
import { columnType } from "./column-types.ts";
import { describeColumns } from "./describe.ts";
import { ResultStream, type StreamColumn } from "./result-stream.ts";

/** A column of a selection, with all that is known of it. */
interface SelectedColumn extends StreamColumn {
  readonly autoIncrement: boolean;
  readonly readable: boolean;
}

/** One connection to PostgreSQL. */
export class PostgresSession implements Session {
  readonly #connection: PostgresConnection;
  readonly #statement: (selection: Selection, quoting: QuoteMethod) => string;
  #result: ResultStream | undefined;
  #inTransaction = false;
  /** A statement is under way, so that closing has something to cancel. */
  #busy = false;

  /** @param statement builds the SQL that reads a selection */
  constructor(
    connection: PostgresConnection,
    statement: (selection: Selection, quoting: QuoteMethod) => string,
  ) {
    this.#connection = connection;
    this.#statement = statement;
  }

  get usable(): boolean {
    return this.#connection.usable;
  }

  listTables(): Promise<TableId[]> {
    return this.#run("list the tables", async () => {
      const [rows = []] = await this.#connection.query(LIST_TABLES);
      return readTables(rows);
    });
  }

  describe(table: TableId, options: SelectOptions): Promise<TableColumn[]> {
    const what = `table ${plainName(table)}`;
    return this.#run(`describe ${what}`, async () => {
      await this.#begin();
      const columns = await this.#columns({ table }, options);
      await this.#rollback();
      const unreadable = columns.filter(({ readable }) => !readable).map(({ name }) => name);
      if (unreadable.length > 0) {
        throw new ConnectError(
          `connection.user may not read ${what} (${this.#connection.where}): it lacks SELECT on ${unreadable.join(", ")}. GRANT SELECT on the table to the user`,
        );
      }
      return columns.map(({ name, type, columnType, autoIncrement }) => {
        return { name, type, schema: columnType?.schema, autoIncrement };
      });
    });
  }

  /** Reads in a transaction of its own, which ends with the last row. */
  select(selection: Selection, options: SelectOptions): Promise<ResultSet> {
    const what = `table ${plainName(selection.table)}`;
    return this.#run(`read ${what}`, async () => {
      await this.#begin();
      // The description locks the table, so that it is still true when the query runs.
      const columns = await this.#columns(selection, options);
      this.#result = new ResultStream({
        connection: this.#connection,
        sql: this.#statement(selection, options.quoting),
        parameters: parametersOf(selection),
        columns,
        batchRows: options.batchRows,
        what,
      });
      return this.#result;
    });
  }

  async close(): Promise<void> {
    const isReading = this.#result !== undefined && !this.#result.isOver;
    await this.#connection.close(this.#busy || isReading);
  }

  async #begin(): Promise<void> {
    const isOpen = this.#result === undefined ? this.#inTransaction : this.#result.hasFailed;
    this.#result = undefined;
    if (isOpen) await this.#rollback();
    await this.#connection.query("BEGIN READ ONLY");
    this.#inTransaction = true;
  }

  async #rollback(): Promise<void> {
    await this.#connection.query("ROLLBACK");
    this.#inTransaction = false;
  }

  async #columns(selection: Selection, options: SelectOptions): Promise<SelectedColumn[]> {
    const sql = this.#statement(selection, options.quoting);
    const parameters = parametersOf(selection).length;
    const described = await describeColumns(this.#connection, sql, parameters);
    const details = readResultDetails(await this.#connection.query(describeResultSql(described)));
    const types = { ...options.types, moneyScale: details.moneyScale };
    return described.map((column) => {
      const isEnum = details.isEnum(column);
      const optional = !details.isRequired(column);
      return {
        name: column.name,
        type: details.typeName(column),
        columnType: columnType({ ...column, isEnum, optional }, types),
        autoIncrement: details.isAutoIncrement(column),
        readable: details.isReadable(column),
      };
    });
  }

  async #run<T>(doing: string, action: () => Promise<T>): Promise<T> {
    this.#busy = true;
    try {
      return await action();
    } catch (error) {
      throw translate(error, `Could not ${doing}`, this.#connection.where);
    } finally {
      this.#busy = false;
    }
  }
}

function parametersOf({ after }: Selection): bigint[] {
  return after === undefined ? [] : [after.value];
}
