import type { RowKey } from "../record/row-plan.ts";

/** Rows of one form to write, and rows to delete before that. */
export interface Group<Row, Plan> {
  readonly plan: Plan | undefined;
  readonly deletePlan: Plan | undefined;
  readonly writes: readonly Row[];
  readonly deletes: readonly Row[];
}

export interface TableBatchOptions {
  /** Of rows with one key only the last is written: one statement may not touch a row twice. */
  readonly lastPerKey: boolean;
  /** Deletes may come, so that even rows that are all written have to be known by key. */
  readonly deletes: boolean;
  /**
   * Keys that differ here may be the same in the database, as `a` and `A` are where its collation
   * says so. Then nothing overtakes anything: only what comes in a row shares a group.
   */
  readonly inOrder: boolean;
}

/**
 * What one put does to one table, in as few groups as give the same table in the end as the
 * operations one by one. Operations on different keys may change places; of those on one key, the
 * later is never in an earlier group, and within a group the deletes are done first.
 */
export class TableBatch<Row, Plan> {
  readonly #options: TableBatchOptions;
  readonly #groups: OpenGroup<Row, Plan>[] = [];
  readonly #groupOfKey = new Map<RowKey, number>();
  readonly #groupOfPlan = new Map<Plan, number>();

  constructor(options: TableBatchOptions) {
    this.#options = options;
  }

  write(plan: Plan, key: RowKey, row: Row): void {
    const { lastPerKey, deletes } = this.#options;
    const tracked = key !== undefined && (lastPerKey || deletes);
    const index = this.#groupFor(plan, tracked ? key : undefined);
    this.#groups[index]!.write(tracked ? key : undefined, row, lastPerKey);
    if (tracked) this.#groupOfKey.set(key, index);
  }

  delete(plan: Plan, key: RowKey, row: Row): void {
    // A key with a null in it is no row's: there is nothing to delete, and the database knows it.
    let index = this.#options.inOrder ? undefined : this.#groupOfKey.get(key);
    index ??= this.#groups.length - 1;
    const group = this.#groups[index];
    if (
      group === undefined ||
      (group.deletePlan !== undefined && group.deletePlan !== plan) ||
      (this.#options.inOrder && group.hasWrites)
    ) {
      index = this.#groups.push(new OpenGroup<Row, Plan>()) - 1;
    }
    this.#groups[index]!.delete(plan, key, row);
    this.#groupOfKey.set(key, index);
  }

  get groups(): readonly Group<Row, Plan>[] {
    return this.#groups;
  }

  /** The group that rows of this plan can go to, not before the last one with this key. */
  #groupFor(plan: Plan, key: RowKey): number {
    const last = this.#groups.length - 1;
    const earliest = this.#options.inOrder ? last : (this.#groupOfKey.get(key) ?? -1);
    let index = this.#groupOfPlan.get(plan) ?? -1;
    if (index < Math.max(earliest, 0)) {
      const canAdopt = last >= 0 && this.#groups[last]!.plan === undefined;
      index = canAdopt ? last : this.#groups.push(new OpenGroup<Row, Plan>()) - 1;
      this.#groups[index]!.plan = plan;
      this.#groupOfPlan.set(plan, index);
    }
    return index;
  }
}

class OpenGroup<Row, Plan> implements Group<Row, Plan> {
  plan: Plan | undefined;
  deletePlan: Plan | undefined;
  readonly #rows: (Row | undefined)[] = [];
  /** Where the rows of a key are among them. */
  readonly #placesOfKey = new Map<RowKey, number[]>();
  readonly #deletes = new Map<RowKey, Row>();

  get hasWrites(): boolean {
    return this.#rows.length > 0;
  }

  get writes(): readonly Row[] {
    return this.#placesOfKey.size === 0
      ? (this.#rows as readonly Row[])
      : this.#rows.filter((row): row is Row => row !== undefined);
  }

  get deletes(): readonly Row[] {
    return [...this.#deletes.values()];
  }

  /** A later row takes the place at the end: what came in between may matter to it. */
  write(key: RowKey, row: Row, lastPerKey: boolean): void {
    const place = this.#rows.push(row) - 1;
    if (key === undefined) return;
    const before = this.#placesOfKey.get(key);
    if (before === undefined) {
      this.#placesOfKey.set(key, [place]);
    } else if (lastPerKey) {
      for (const earlier of before) this.#rows[earlier] = undefined;
      before.length = 0;
      before.push(place);
    } else {
      before.push(place);
    }
  }

  /** Rows of this key that came before are not written at all. */
  delete(plan: Plan, key: RowKey, row: Row): void {
    this.deletePlan = plan;
    for (const place of this.#placesOfKey.get(key) ?? []) this.#rows[place] = undefined;
    // Its key is kept, so that `writes` knows of the gaps.
    if (this.#placesOfKey.has(key)) this.#placesOfKey.set(key, []);
    this.#deletes.set(key, row);
  }
}
