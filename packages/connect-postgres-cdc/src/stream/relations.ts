import type { Logger } from "@millrace/connect-api";
import { loadTypes } from "../catalog/types.ts";
import { type CatalogColumn, loadTable, type TableDetails } from "../catalog/tables.ts";
import type { Connection } from "../client.ts";
import type { CapturedTables } from "../captured-tables.ts";
import type { PlanRules } from "../event/plan-rules.ts";
import { planTable, type TablePlan } from "../event/table-plan.ts";
import type { PgTypes } from "../types/pg-type.ts";
import type { Relation } from "./pgoutput.ts";

/** A table whose changes come: with a plan if it is captured. */
export interface KnownRelation {
  readonly relation: Relation;
  readonly plan: TablePlan | null;
  /** Signals are read from it, whether it is captured or not. */
  readonly isSignal: boolean;
}

interface Planned extends KnownRelation {
  /** What the plan was made of. */
  readonly signature: string;
}

/**
 * The tables of the log, as its relation messages tell of them. They bring names, types
 * and order of the columns as they were; whether a column may be null, its default and the
 * key come from the catalog as it is now, where it still has the column.
 */
export class Relations {
  readonly #rules: PlanRules;
  readonly #tables: CapturedTables;
  readonly #connection: () => Promise<Connection>;
  readonly #logger: Logger;
  readonly #known = new Map<number, Planned>();
  #types: PgTypes | undefined;

  constructor(options: {
    rules: PlanRules;
    tables: CapturedTables;
    connection: () => Promise<Connection>;
    logger: Logger;
  }) {
    this.#rules = options.rules;
    this.#tables = options.tables;
    this.#connection = options.connection;
    this.#logger = options.logger;
  }

  get(oid: number): KnownRelation | undefined {
    return this.#known.get(oid);
  }

  /** Whether the catalog has to be asked before changes of the table can be read. */
  needsCatalog(relation: Relation): boolean {
    const isSignal = this.#tables.isSignal(relation);
    if (isSignal || this.#tables.captures(relation)) return true;
    this.#known.set(relation.oid, { relation, plan: null, isSignal: false, signature: "" });
    return false;
  }

  /** Asks the catalog about a table. */
  async load(relation: Relation): Promise<void> {
    const connection = await this.#connection();
    const isUnknownType = relation.columns.some(
      ({ typeOid }) => this.#types?.has(typeOid) === false,
    );
    if (this.#types === undefined || isUnknownType) this.#types = await loadTypes(connection);
    const details = await loadTable(connection, relation.oid);
    this.#plan(relation, details, this.#types);
  }

  /** Looks the types up again, since an enum has got a new label. */
  async reloadTypes(): Promise<void> {
    const types = await loadTypes(await this.#connection());
    this.#types = types;
    const planned = [...this.#known.values()].filter(({ plan }) => plan !== null);
    for (const { relation } of planned) await this.load(relation);
  }

  #plan(relation: Relation, details: TableDetails | undefined, types: PgTypes): void {
    const isSignal = this.#tables.isSignal(relation);
    const columns = relation.columns.map((column) => withDetails(column, details));
    const keyColumns = details?.keyColumns ?? identityOf(relation);
    const labels = columns.map(({ typeOid }) => types.get(typeOid)?.labels);
    const signature = JSON.stringify([relation, columns, keyColumns, labels]);
    const before = this.#known.get(relation.oid);
    // Converters keep what they compile by the identity of schemas.
    if (before?.signature === signature) return;
    const id = { schema: relation.schema, name: relation.name };
    const plan = planTable({ id, columns, keyColumns, types, isSnapshot: false }, this.#rules);
    for (const [i, { name, place }] of plan.columns.entries()) {
      if (place >= 0 || !this.#rules.capturesColumn(`${plan.name}.${name}`)) continue;
      const type = types.get(columns[i]!.typeOid)?.name ?? "that it has";
      this.#logger.warn(
        `Column ${plan.name}.${name} is left out: there is no schema for the type ${type}. Set include.unknown.datatypes to true to have the bytes of its text`,
      );
    }
    this.#known.set(relation.oid, { relation, plan, isSignal, signature });
  }
}

function withDetails(
  { name, typeOid, modifier }: Relation["columns"][number],
  details: TableDetails | undefined,
): CatalogColumn {
  const now = details?.columns.find((column) => column.name === name);
  // A column of another type is another column, or what became of this one.
  const isSame = now?.typeOid === typeOid;
  return {
    name,
    typeOid,
    modifier,
    isRequired: isSame && now.isRequired,
    defaultExpression: isSame ? now.defaultExpression : null,
  };
}

/** The columns of the replica identity, for a table that is gone by now. */
function identityOf({ identity, columns }: Relation): string[] {
  if (identity === "f") return [];
  return columns.filter(({ isKey }) => isKey).map(({ name }) => name);
}
