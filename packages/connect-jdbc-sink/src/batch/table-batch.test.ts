import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TableBatch, type TableBatchOptions } from "./table-batch.ts";

/** A plan is the set of columns that its rows have. */
interface Plan {
  readonly columns: readonly string[];
}

interface Operation {
  readonly key: string;
  readonly isDelete: boolean;
  readonly plan: Plan;
  /** Which operation it is: what it writes. */
  readonly n: number;
}

type Mode = "insert" | "upsert" | "update";
type Table = Map<string, Record<string, number>>;

const PLANS: readonly Plan[] = [{ columns: ["a"] }, { columns: ["a", "b"] }, { columns: ["c"] }];
const DELETE_PLANS: readonly Plan[] = [{ columns: [] }, { columns: [] }];

const operations = fc.array(
  fc.record({
    key: fc.constantFrom("k", "K", "l", "m"),
    isDelete: fc.boolean(),
    which: fc.nat({ max: 2 }),
  }),
  { maxLength: 30 },
);

function toOperations(raw: readonly { key: string; isDelete: boolean; which: number }[]) {
  return raw.map(({ key, isDelete, which }, n): Operation => ({
    key,
    isDelete,
    plan: isDelete ? DELETE_PLANS[which % 2]! : PLANS[which]!,
    n,
  }));
}

/** One operation as the database does it; rows are known by `identity` of their key. */
function apply(table: Table, { key, isDelete, plan, n }: Operation, mode: Mode, fold: boolean) {
  const id = fold ? key.toLowerCase() : key;
  if (isDelete) return void table.delete(id);
  const before = table.get(id);
  if (mode === "update" && before === undefined) return;
  table.set(id, { ...before, ...Object.fromEntries(plan.columns.map((c) => [c, n])) });
}

function batchOf(all: readonly Operation[], options: TableBatchOptions) {
  const batch = new TableBatch<Operation, Plan>(options);
  for (const operation of all) {
    if (operation.isDelete) batch.delete(operation.plan, operation.key, operation);
    else batch.write(operation.plan, operation.key, operation);
  }
  return batch.groups;
}

const START = (): Table =>
  new Map([
    ["k", { a: -1, b: -1, c: -1 }],
    ["m", { a: -1 }],
  ]);

test.each([
  ["upsert", false],
  ["update", false],
  ["upsert", true],
  ["update", true],
] as const)(
  "%s: the table in the end is that of the operations one by one (keys fold: %s)",
  (mode, fold) => {
    fc.assert(
      fc.property(operations, (raw) => {
        const all = toOperations(raw);
        const expected = START();
        for (const operation of all) apply(expected, operation, mode, fold);

        const table = START();
        for (const group of batchOf(all, { lastPerKey: true, deletes: true, inOrder: fold })) {
          const keys = group.writes.map(({ key }) => key);
          expect(new Set(keys).size).toBe(keys.length);
          expect(new Set(group.writes.map(({ plan }) => plan)).size).toBeLessThanOrEqual(1);
          for (const operation of group.deletes) {
            expect(operation.plan).toBe(group.deletePlan);
            apply(table, operation, mode, fold);
          }
          for (const operation of group.writes) {
            expect(operation.plan).toBe(group.plan);
            apply(table, operation, mode, fold);
          }
        }
        expect(table).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  },
);

/** A table without unique key, in which every insert is a row. */
test.each([true, false])(
  "insert keeps every row that is not deleted afterwards (deletes: %s)",
  (deletes) => {
    fc.assert(
      fc.property(operations, (raw) => {
        const all = toOperations(raw).filter(({ isDelete }) => deletes || !isDelete);
        let expected: Operation[] = [];
        for (const operation of all) {
          if (operation.isDelete) expected = expected.filter(({ key }) => key !== operation.key);
          else expected.push(operation);
        }
        let rows: Operation[] = [];
        for (const group of batchOf(all, { lastPerKey: false, deletes, inOrder: false })) {
          const gone = new Set(group.deletes.map(({ key }) => key));
          rows = rows.filter(({ key }) => !gone.has(key));
          rows.push(...group.writes);
        }
        expect(new Set(rows)).toEqual(new Set(expected));
        // Without deletes keys are not looked at, and rows of other schemas may come first.
        for (const key of deletes ? ["k", "K", "l", "m"] : []) {
          const ofKey = (some: readonly Operation[]) =>
            some.filter((one) => one.key === key).map(({ n }) => n);
          expect(ofKey(rows)).toEqual(ofKey(expected));
        }
      }),
    );
  },
);

test("rows of alternating schemas share two groups", () => {
  const all = toOperations(
    Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, isDelete: false, which: i % 2 })),
  );
  expect(batchOf(all, { lastPerKey: true, deletes: false, inOrder: false })).toHaveLength(2);
});

test("a key with a null in it is no row's key: nothing is left out for it", () => {
  const batch = new TableBatch<number, Plan>({ lastPerKey: true, deletes: true, inOrder: false });
  for (const n of [1, 2]) batch.write(PLANS[0]!, undefined, n);
  batch.delete(DELETE_PLANS[0]!, undefined, 3);
  expect(batch.groups[0]!.writes).toEqual([1, 2]);
});
