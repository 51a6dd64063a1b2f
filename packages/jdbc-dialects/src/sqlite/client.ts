import { existsSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { ConfigError } from "@millrace/connect-api";
import { translate } from "../faults.ts";
import type { DriverValue } from "../session.ts";
import type { Stored } from "./column-types.ts";
import { SQLITE_FAULTS } from "./faults.ts";
import type { Target } from "./url.ts";

export type StoredRow = (Stored | null)[];

/** A column as the driver tells of it; what is null is so of an expression. */
export interface StatementColumn {
  readonly name: string;
  readonly type: string | null;
  readonly table: string | null;
  readonly column: string | null;
}

/** A statement, ready to run. */
export class Statement {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    this.#statement = statement;
  }

  columns(): readonly StatementColumn[] {
    return this.#statement.columns();
  }

  all(values: readonly DriverValue[] = []): StoredRow[] {
    return this.#statement.all(...inputs(values)) as unknown as StoredRow[];
  }

  /** Its rows one by one; the next one may be asked for at any time. */
  iterate(values: readonly DriverValue[]): Iterator<StoredRow> {
    return this.#statement.iterate(...inputs(values)) as unknown as Iterator<StoredRow>;
  }

  /** Runs it; returns how many rows it changed. */
  run(values: readonly DriverValue[]): number {
    return Number(this.#statement.run(...inputs(values)).changes);
  }
}

/** An open file. */
export class SqliteConnection {
  readonly where: string;
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync, where: string) {
    this.#database = database;
    this.where = where;
  }

  get usable(): boolean {
    return this.#database.isOpen;
  }

  prepare(sql: string): Statement {
    return new Statement(this.#database.prepare(sql));
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

/**
 * Opens the file.
 * @throws {ConfigError} when there is none to be read
 */
export function openSqlite(target: Target): SqliteConnection {
  const { path, readOnly, busyTimeoutMs } = target;
  if (readOnly && !existsSync(path)) {
    throw new ConfigError(
      "connection.url",
      path,
      "There is no such file; correct the path, which is one of the worker's machine",
    );
  }
  try {
    return new SqliteConnection(new DatabaseSync(path, { readOnly, timeout: busyTimeoutMs }), path);
  } catch (error) {
    throw translate(SQLITE_FAULTS, error, "Could not open the SQLite database", path);
  }
}

function inputs(values: readonly DriverValue[]): SQLInputValue[] {
  return values.map((value) => (typeof value === "boolean" ? Number(value) : value));
}
