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

test("agrees with a plain list over many records, done in random order", () => {
  const progress = new PartitionProgress("t", 0);
  const model: { ticket: number; offset: number; done: boolean }[] = [];
  let seed = 7;
  const random = (n: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed % n;
  };
  let offset = 0;
  for (let round = 0; round < 300; round++) {
    for (let i = random(60); i > 0; i--) {
      offset += 1 + random(3);
      model.push({ ticket: progress.add(offset), offset, done: false });
    }
    const open = model.filter(({ done }) => !done);
    for (let i = random(60); i > 0 && open.length > 0; i--) {
      const [entry] = open.splice(random(open.length), 1);
      if (entry === undefined) break;
      entry.done = true;
      progress.done(entry.ticket);
    }
    const firstOpen = model.findIndex(({ done }) => !done);
    const last = model[(firstOpen < 0 ? model.length : firstOpen) - 1];
    expect(progress.committable).toBe(last && last.offset + 1);
    expect(progress.unfinished).toBe(model.filter(({ done }) => !done).length);
  }
});
