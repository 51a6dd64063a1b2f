import { TopicPartitionMap } from "@millrace/connect-api";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PartitionProgress, Partitions } from "./partition-progress.ts";

test("only what has nothing undone before it may be committed", () => {
  const order = fc.integer({ min: 1, max: 3000 }).chain((count) =>
    fc.shuffledSubarray(
      Array.from({ length: count }, (_, i) => i),
      { minLength: count, maxLength: count },
    ),
  );
  const property = fc.property(order, (done) => {
    const progress = new PartitionProgress("t", 0);
    const tickets = done.map((_, i) => progress.add(i * 2));
    const isDone = new Set<number>();
    let prefix = 0;
    for (const number of done) {
      progress.done(tickets[number]!);
      isDone.add(number);
      while (isDone.has(prefix)) prefix++;
      expect(progress.committable).toBe(prefix === 0 ? undefined : (prefix - 1) * 2 + 1);
    }
    expect(progress.unfinished).toBe(0);
  });
  fc.assert(property, { numRuns: 30 });
});

test("records that transforms dropped count once all others are done", () => {
  const partitions = new Partitions();
  const tp = { topic: "t", partition: 0 };
  partitions.open([tp]);
  const taken = new TopicPartitionMap([[tp, 10]]);
  expect([...partitions.committable(taken)]).toEqual([[tp, 10]]);
});
