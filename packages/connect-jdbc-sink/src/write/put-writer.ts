import { ConnectError, isRetriable, type SinkRecord } from "@millrace/connect-api";
import {
  plainName,
  type Session,
  type TableDefinition,
  type TableId,
  type Writing,
} from "@millrace/jdbc-dialects";
import { TableBatch } from "../batch/table-batch.ts";
import { type Change, type RulesByTopic, type TopicRules } from "../record/topic-rules.ts";
import { keyFieldsOf, type RowPlan } from "../record/row-plan.ts";
import type { Statements } from "./statements.ts";
import type { Tables } from "./tables.ts";

/** A record that cannot be written, whatever the others do. */
export interface Poison {
  readonly record: SinkRecord;
  readonly error: ConnectError;
}

/** Everything of a put for one table by the rules of one topic. */
interface TablePart {
  readonly table: TableId;
  readonly rules: TopicRules;
  readonly batch: TableBatch<SinkRecord, RowPlan>;
}

export interface PutWriterOptions {
  readonly writing: Writing;
  readonly rules: RulesByTopic;
  readonly tables: Tables;
  readonly statements: Statements;
}

/** What `prepare` has made of records: to be run in a transaction. */
export interface PreparedPut {
  /** Those that are written. */
  readonly records: readonly SinkRecord[];
  readonly poison: readonly Poison[];
  /** @throws {ConnectError} what the database says */
  run(session: Session): Promise<void>;
}

/**
 * Writes records: first what they need of tables is made sure of, since databases commit when a
 * table is made; then their rows go, table by table in the order of arrival.
 */
export class PutWriter {
  readonly #options: PutWriterOptions;

  constructor(options: PutWriterOptions) {
    this.#options = options;
  }

  /**
   * @throws {RetriableError} when the database is lost meanwhile; what is wrong with single
   *   records is among the poison
   */
  async prepare(session: Session, records: readonly SinkRecord[]): Promise<PreparedPut> {
    const poison: Poison[] = [];
    const changes: Change[] = [];
    for (const record of records) {
      try {
        const change = this.#options.rules.of(record.topic).change(record);
        if (change !== undefined) changes.push(change);
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
        poison.push({ record, error });
      }
    }
    const ensured = await this.#ensureTables(session, changes);
    const parts = new Map<TableId, TablePart[]>();
    for (const change of changes) {
      const known = ensured.get(change.plan)?.get(change.table);
      if (known instanceof ConnectError) poison.push({ record: change.record, error: known });
      else if (known !== null) this.#add(parts, change);
    }
    const refused = new Set(poison.map(({ record }) => record));
    return {
      records: refused.size === 0 ? records : records.filter((record) => !refused.has(record)),
      poison,
      run: (inSession) => this.#run(inSession, [...parts.values()].flat(), ensured),
    };
  }

  /** Of each plan and table what is there: null where there is nothing to delete from, or why it cannot be. */
  async #ensureTables(session: Session, changes: readonly Change[]): Promise<Ensured> {
    const ensured: Ensured = new Map();
    for (const { plan, table, rules } of changes) {
      let byTable = ensured.get(plan);
      if (byTable === undefined) ensured.set(plan, (byTable = new Map()));
      if (byTable.has(table)) continue;
      try {
        const { tables } = this.#options;
        const found = await tables.ensure(session, table, plan, rules.config);
        byTable.set(table, found ?? null);
      } catch (error) {
        if (!(error instanceof ConnectError) || isRetriable(error)) throw error;
        byTable.set(table, error);
      }
    }
    return ensured;
  }

  #add(parts: Map<TableId, TablePart[]>, { record, plan, table, rules }: Change): void {
    let ofTable = parts.get(table);
    if (ofTable === undefined) parts.set(table, (ofTable = []));
    let part = ofTable.find((candidate) => candidate.rules === rules);
    if (part === undefined) {
      part = { table, rules, batch: new TableBatch(this.#batchOptions(rules, plan)) };
      ofTable.push(part);
    }
    const key = rules.keyOf(plan)(record);
    if (plan.isDelete) part.batch.delete(plan, key, record);
    else part.batch.write(plan, key, record);
  }

  #batchOptions({ config }: TopicRules, plan: RowPlan) {
    const hasTextKey = keyFieldsOf(plan).some(({ kind }) => kind.is === "string");
    return {
      lastPerKey: config["insert.mode"] !== "insert",
      deletes: config["delete.enabled"],
      inOrder: hasTextKey && !this.#options.writing.exactTextKeys,
    };
  }

  async #run(session: Session, parts: readonly TablePart[], ensured: Ensured): Promise<void> {
    for (const { table, rules, batch } of parts) {
      const size = Math.max(1, rules.config["batch.size"]);
      const mode = rules.config["insert.mode"];
      const write = async (
        plan: RowPlan | undefined,
        how: "delete" | typeof mode,
        rows: readonly SinkRecord[],
      ) => {
        if (plan === undefined || rows.length === 0) return;
        const definition = definitionOf(ensured, plan, table);
        const statement = this.#options.statements.get(definition, plan, how);
        for (let from = 0; from < rows.length; from += size) {
          await statement?.run(session, rows.length <= size ? rows : rows.slice(from, from + size));
        }
      };
      for (const group of batch.groups) {
        await write(group.deletePlan, "delete", group.deletes);
        await write(group.plan, mode, group.writes);
      }
    }
  }
}

type Ensured = Map<RowPlan, Map<TableId, TableDefinition | ConnectError | null>>;

function definitionOf(ensured: Ensured, plan: RowPlan, table: TableId): TableDefinition {
  const found = ensured.get(plan)?.get(table);
  if (found === undefined || found === null || found instanceof ConnectError) {
    throw new Error(`Table ${plainName(table)} was not looked up`);
  }
  return found;
}
