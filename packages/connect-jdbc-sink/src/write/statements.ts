import type { SinkRecord } from "@millrace/connect-api";
import type {
  Statement,
  TableDefinition,
  WriteMode,
  WriteOptions,
  Writing,
} from "@millrace/jdbc-dialects";
import type { RowPlan } from "../record/row-plan.ts";
import { columnFor } from "./tables.ts";

/** The statements for each table's rows, made once. */
export class Statements {
  readonly #writing: Writing;
  readonly #options: WriteOptions;
  readonly #byTable = new WeakMap<TableDefinition, Map<RowPlan, Statement<SinkRecord>>>();

  constructor(writing: Writing, options: WriteOptions) {
    this.#writing = writing;
    this.#options = options;
  }

  /** Undefined where there is nothing to do: an update of rows that have nothing but a key. */
  get(table: TableDefinition, plan: RowPlan, mode: WriteMode): Statement<SinkRecord> | undefined {
    if (mode === "update" && plan.fields.every(({ isKey }) => isKey)) return undefined;
    let ofTable = this.#byTable.get(table);
    if (ofTable === undefined) this.#byTable.set(table, (ofTable = new Map()));
    // A plan is either of rows to write, in one mode, or of rows to delete.
    let statement = ofTable.get(plan);
    if (statement === undefined) {
      const columns = plan.fields.map(({ name, schema, kind, isKey, read }) => ({
        column: columnFor(table, name)!,
        schema,
        kind,
        isKey,
        read,
      }));
      statement = this.#writing.prepare({ mode, table, columns }, this.#options);
      ofTable.set(plan, statement);
    }
    return statement;
  }
}
