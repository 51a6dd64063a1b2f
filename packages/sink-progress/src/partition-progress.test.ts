import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PartitionProgress } from "./partition-progress.ts";

test("only what is done without a gap may be committed", () => {
  const progress = new PartitionProgress("t", 0);
  const [a, b, c] = [10, 12, 15].map((offset) => progress.add(offset)) as [number, number, number];
  expect(progress.committable).toBeUndefined();
  progress.done(b);
  expect(progress.committable).toBeUndefined();
  progress.done(a);
  expect(progress.committable).toBe(13);
  expect(progress.unfinished).toBe(1);
  progress.done(c);
  expect(progress.committable).toBe(16);
  expect(progress.tracked).toBe(0);
});

/** Records to take (gaps between their offsets), then some to finish, chosen by position among the unfinished. */
const rounds = fc.array(
  fc.record({
    gaps: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 600 }),
    finished: fc.array(fc.nat(), { maxLength: 600 }),
  }),
  { minLength: 1, maxLength: 12, size: "max" },
);

test("agrees with a plain list, whatever is taken and done in whatever order", () => {
  const property = fc.property(rounds, (all) => {
    const progress = new PartitionProgress("t", 0);
    const model: { ticket: number; offset: number; done: boolean }[] = [];
    let offset = 0;
    for (const { gaps, finished } of all) {
      for (const gap of gaps) {
        offset += gap;
        model.push({ ticket: progress.add(offset), offset, done: false });
      }
      const open = model.filter(({ done }) => !done);
      for (const chosen of finished) {
        const [entry] = open.splice(chosen % Math.max(1, open.length), 1);
        if (entry === undefined) break;
        entry.done = true;
        progress.done(entry.ticket);
      }
      const firstOpen = model.findIndex(({ done }) => !done);
      const prefix = firstOpen < 0 ? model.length : firstOpen;
      const last = model[prefix - 1];
      expect(progress.committable).toBe(last && last.offset + 1);
      expect(progress.unfinished).toBe(open.length);
      expect(progress.tracked).toBe(model.length - prefix);
    }
  });
  fc.assert(property, { numRuns: 30 });
});
