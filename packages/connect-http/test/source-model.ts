import type { SourceRecord } from "@millrace/connect-api";
import { MemoryOffsets } from "@millrace/connect-testkit";
import * as fc from "fast-check";
import { expect } from "vitest";
import { TestServer } from "./http-server.ts";
import { ListApi } from "./list-api.ts";
import { idsOf, startMillrace } from "./source.ts";

/** With a machine that is busy with other things. */
const PATIENCE_MS = 60_000;
const OVERLAP_S = 3;
const BY_TIME = {
  incremental: "timestamp",
  "incremental.path": "$.ts",
  "incremental.parameter": "since",
  "timestamp.overlap.ms": String(OVERLAP_S * 1000),
};
const PAGES: Record<string, Record<string, string>> = {
  "/page": { pagination: "page", "pagination.parameter": "page", "records.path": "$.items" },
  "/offset": { pagination: "offset", "pagination.parameter": "offset", "records.path": "$.items" },
  "/cursor": {
    pagination: "cursor",
    "pagination.parameter": "cursor",
    "pagination.path": "$.meta.next",
    "records.path": "$.items",
  },
  "/link": { pagination: "link-header" },
  "/next": { pagination: "next-url", "pagination.path": "/next", "records.path": "/items" },
};

type Step =
  /** Items whose timestamps are so many seconds before the latest there will be. */
  | { readonly kind: "add"; readonly ages: readonly number[] }
  | { readonly kind: "read"; readonly ms: number }
  /** Kafka has so much of what was read; then the task goes on, or dies and starts again. */
  | { readonly kind: "commit"; readonly part: number; readonly crash: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("add" as const),
    ages: fc.array(fc.nat(OVERLAP_S - 1), { minLength: 1, maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant("read" as const), ms: fc.integer({ min: 2, max: 12 }) }),
  fc.record({
    kind: fc.constant("commit" as const),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    crash: fc.boolean(),
  }),
);

async function idsInKafka(
  path: string,
  props: Record<string, string>,
  steps: readonly Step[],
  bursts: readonly (readonly number[])[],
  api: ListApi,
) {
  await using server = await TestServer.start();
  server.react = (seen) => {
    const reaction = api.react(seen);
    // What comes right behind an answer, before the next request.
    add(bursts[server.seen.length - 1] ?? []);
    return reaction;
  };
  // Each item is added within the overlap of those before it.
  const add = (ages: readonly number[]) => {
    for (const age of ages) {
      api.add(1, (id) => new Date((100 + Math.floor(id / 4) - age) * 1000).toISOString());
    }
  };
  const offsets = new MemoryOffsets();
  const inKafka: unknown[] = [];
  let read: SourceRecord[] = [];
  const all = { ...PAGES[path], ...props, "poll.interval.ms": "1" };
  const start = () => startMillrace(server.url + path, all, { offsets });
  let run = await start();
  const commit = (part: number) => {
    const count = Math.ceil(read.length * part);
    const taken = read.slice(0, count);
    offsets.commit(taken);
    inKafka.push(...idsOf(taken));
    read = read.slice(count);
  };
  for (const next of steps) {
    if (next.kind === "add") {
      add(next.ages);
    } else if (next.kind === "read") {
      read.push(...(await run.takeFor(next.ms)));
    } else {
      commit(next.part);
      if (!next.crash) continue;
      await run.stop();
      read = [];
      run = await start();
    }
  }
  const deadline = Date.now() + PATIENCE_MS;
  const isAll = () =>
    server.seen.length > bursts.length && new Set(inKafka).size === api.items.length;
  do {
    read.push(...(await run.takeFor(10)));
    commit(1);
  } while (!isAll() && Date.now() < deadline);
  inKafka.push(...idsOf(await run.takeFor(10)));
  await run.stop();
  return inKafka;
}

const paths = fc.constantFrom(...Object.keys(PAGES));
const steps = fc.array(step, { maxLength: 12 });
const ages = fc.array(fc.nat(OVERLAP_S - 1), { maxLength: 4 });
const pageSizes = fc.integer({ min: 1, max: 4 });

export const WAYS = [
  ["by timestamp", BY_TIME],
  ["by place", { "pagination.at.end": "keep" }],
] as const;

/** Nothing is skipped, wherever the task dies, and nothing comes twice where it does not. */
export function checkReading(
  props: Record<string, string>,
  parameters: fc.Parameters<unknown>,
): Promise<void> {
  const property = fc.asyncProperty(
    paths,
    steps,
    fc.array(ages, { maxLength: 15 }),
    pageSizes,
    async (path, moves, bursts, pageSize) => {
      const api = new ListApi();
      api.pageSize = pageSize;
      const ids = await idsInKafka(path, props, moves, bursts, api);
      expect([...new Set(ids)].toSorted((a, b) => Number(a) - Number(b))).toEqual(api.ids);
      const hasCrashed = moves.some((move) => move.kind === "commit" && move.crash);
      expect(ids).toHaveLength(hasCrashed ? ids.length : api.ids.length);
    },
  );
  return fc.assert(property, { ...parameters, endOnFailure: true });
}
