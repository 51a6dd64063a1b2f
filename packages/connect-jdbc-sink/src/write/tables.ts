import { ConnectError, isRetriable, type Logger } from "@millrace/connect-api";
import {
  type NewColumn,
  plainName,
  type QuoteMethod,
  type Session,
  type TableColumn,
  type TableDefinition,
  type TableId,
  type TemporalOptions,
  type Writing,
} from "@millrace/jdbc-dialects";
import type { Config } from "../config.ts";
import type { RowField, RowPlan } from "../record/row-plan.ts";

/** A table is not as records need it, and is not made so (Java: `TableAlterOrCreateException`). */
export class TableError extends ConnectError {
  constructor(message: string, cause?: unknown) {
    super(message, {
      cause,
      javaName: "io.confluent.connect.jdbc.sink.TableAlterOrCreateException",
    });
  }
}

export interface TablesOptions {
  readonly writing: Writing;
  readonly quoting: QuoteMethod;
  readonly temporal: TemporalOptions;
  /** `table.types`, in upper case. */
  readonly types: readonly string[];
  readonly maxRetries: number;
  readonly logger: Logger;
}

/** The tables that are written to: looked up once, made and extended where that is allowed (Java: `DbStructure`). */
export class Tables {
  readonly #options: TablesOptions;
  readonly #known = new Map<string, TableDefinition>();

  constructor(options: TablesOptions) {
    this.#options = options;
  }

  /** Forgets what is known, after an error that may come from a table that has changed. */
  forget(): void {
    this.#known.clear();
  }

  /**
   * The table with all columns that rows of the plan have. Undefined where rows are to be deleted
   * from a table that is still to be made.
   * @throws {TableError} when a table or column is missing and may not be made
   * @throws {ConnectError} when the database refuses or is lost
   */
  async ensure(
    session: Session,
    table: TableId,
    plan: RowPlan,
    config: Config,
  ): Promise<TableDefinition | undefined> {
    const key = JSON.stringify(table);
    let definition = this.#known.get(key) ?? (await this.#look(session, table));
    if (definition === undefined) {
      if (plan.isDelete && config["auto.create"]) return undefined;
      definition = await this.#create(session, table, plan, config);
    }
    if (missing(definition, plan).length > 0) {
      definition = await this.#evolve(session, definition, plan, config);
    }
    this.#known.set(key, definition);
    return definition;
  }

  async #look(session: Session, table: TableId): Promise<TableDefinition | undefined> {
    const { writing, quoting, types } = this.#options;
    const definition = await writing.describeTable(session, table, quoting);
    if (definition !== undefined && !types.includes(definition.type)) {
      throw new TableError(
        `${plainName(table)} is a ${definition.type}, and table.types allows only ${types.join(", ")}`,
      );
    }
    return definition;
  }

  async #create(
    session: Session,
    table: TableId,
    plan: RowPlan,
    config: Config,
  ): Promise<TableDefinition> {
    const { writing, quoting, logger } = this.#options;
    if (!config["auto.create"]) {
      throw new TableError(
        `Table ${plainName(table)} is missing and auto-creation is disabled: create it, or set auto.create=true`,
      );
    }
    const columns = plan.tableFields.map((field) => this.#newColumn(field));
    const sql = writing.createTable(table, columns, quoting);
    logger.info(`Creating table ${plainName(table)}: ${sql}`);
    let refusal: unknown;
    try {
      await session.execute(sql);
    } catch (error) {
      if (isRetriable(error)) throw error;
      refusal = error;
    }
    // Another task may have been first: what is there now counts.
    const made = await this.#look(session, table);
    if (made !== undefined) return made;
    throw new TableError(
      `Table ${plainName(table)} could not be created: ${messageOf(refusal)}`,
      refusal,
    );
  }

  async #evolve(
    session: Session,
    before: TableDefinition,
    plan: RowPlan,
    config: Config,
  ): Promise<TableDefinition> {
    const { maxRetries, logger } = this.#options;
    let definition = (await this.#look(session, before.table)) ?? before;
    for (let attempt = 0; ; attempt++) {
      const absent = missing(definition, plan);
      if (absent.length === 0) return definition;
      const alterations = this.#alterations(definition, absent, config);
      logger.info(`Adding columns to ${plainName(definition.table)}: ${alterations.join("; ")}`);
      try {
        for (const sql of alterations) await session.execute(sql);
      } catch (error) {
        if (isRetriable(error)) throw error;
        // Another task may have added some of them; what is still missing is tried again.
        const now = (await this.#look(session, definition.table)) ?? definition;
        if (missing(now, plan).length === absent.length || attempt >= maxRetries) {
          throw new TableError(
            `Columns could not be added to ${plainName(definition.table)}: ${messageOf(error)}`,
            error,
          );
        }
      }
      definition = (await this.#look(session, definition.table)) ?? definition;
    }
  }

  /** @throws {TableError} when columns may not be added, or not these */
  #alterations(
    { table, type }: TableDefinition,
    absent: readonly RowField[],
    config: Config,
  ): string[] {
    const { writing, quoting } = this.#options;
    const names = absent.map(({ name }) => name).join(", ");
    if (type === "VIEW")
      throw new TableError(`${plainName(table)} is a view without columns ${names}`);
    if (!config["auto.evolve"]) {
      throw new TableError(
        `Table ${plainName(table)} is missing columns ${names} and auto-evolution is disabled: add them, or set auto.evolve=true`,
      );
    }
    const columns = absent.map((field) => this.#newColumn(field));
    const impossible = columns.filter((column) => !column.optional && column.defaultValue === null);
    if (impossible.length > 0) {
      throw new TableError(
        `Cannot ALTER table ${plainName(table)} to add missing column ${impossible.map(({ name }) => name).join(", ")}, as the field is not optional and does not have a default value`,
      );
    }
    return writing.addColumns(table, columns, quoting);
  }

  #newColumn({ name, schema, kind, isKey, optional }: RowField): NewColumn {
    const { temporal, writing } = this.#options;
    const value = schema?.defaultValue;
    const bind = writing.binder({ schema, kind, zoned: kind.is === "zoned_timestamp" }, temporal);
    const defaultValue = value === undefined || value === null ? null : bind(value);
    return { name, kind, isKey, optional, defaultValue };
  }
}

/** The column of a field: of the same name, else of the same but for case. */
export function columnFor(definition: TableDefinition, name: string): TableColumn | undefined {
  const exact = definition.columns.find((column) => column.name === name);
  if (exact !== undefined) return exact;
  const folded = name.toLowerCase();
  return definition.columns.find((column) => column.name.toLowerCase() === folded);
}

const missing = (definition: TableDefinition, { fields }: RowPlan): RowField[] =>
  fields.filter(({ name }) => columnFor(definition, name) === undefined);

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : "it is not there, though nothing was refused";
