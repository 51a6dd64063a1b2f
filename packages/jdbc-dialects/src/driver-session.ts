import { type Faults, translate } from "./faults.ts";
import type { DriverValue } from "./session.ts";

/** What a session needs of its driver's connection, whatever else that can. */
export interface DriverConnection {
  readonly where: string;
  readonly usable: boolean;
  /** Runs a statement: its rows, and how many it changed. */
  run(
    sql: string,
    values: readonly DriverValue[],
  ): Promise<{ readonly rows: DriverValue[][]; readonly changed: number }>;
  /** Says that the connection cannot be used any more. */
  giveUp(): void;
}

/** The part of `Session` that is the same for all drivers that wait for a server. */
export abstract class DriverSession<C extends DriverConnection> {
  readonly where: string;
  /** The driver's connection, for statements that go beyond this interface. */
  readonly connection: C;
  readonly #faults: Faults;
  #busy = false;

  constructor(connection: C, faults: Faults) {
    this.connection = connection;
    this.where = connection.where;
    this.#faults = faults;
  }

  get usable(): boolean {
    return this.connection.usable;
  }

  query(sql: string, values: readonly DriverValue[] = []): Promise<DriverValue[][]> {
    return this.run("run a query", async () => (await this.connection.run(sql, values)).rows);
  }

  execute(sql: string, values: readonly DriverValue[] = []): Promise<number> {
    return this.run(
      "run a statement",
      async () => (await this.connection.run(sql, values)).changed,
    );
  }

  transaction<T>(work: () => Promise<T>): Promise<T> {
    return this.run("run a transaction", async () => {
      await this.begin();
      try {
        const result = await work();
        await this.commit();
        return result;
      } catch (error) {
        // What went wrong is told; a session that can't even roll back is lost.
        await this.rollback().catch(() => this.connection.giveUp());
        throw error;
      }
    });
  }

  /** A statement is under way, so that closing has something to end. */
  protected get isBusy(): boolean {
    return this.#busy;
  }

  protected abstract begin(): Promise<unknown>;
  protected abstract commit(): Promise<unknown>;
  protected abstract rollback(): Promise<unknown>;

  /** @throws {ConnectError} `Could not …`, in place of the driver's error */
  protected async run<T>(doing: string, action: () => Promise<T>): Promise<T> {
    this.#busy = true;
    try {
      return await action();
    } catch (error) {
      throw this.translated(error, doing);
    } finally {
      this.#busy = false;
    }
  }

  protected translated(error: unknown, doing: string) {
    return translate(this.#faults, error, `Could not ${doing}`, this.where);
  }
}
