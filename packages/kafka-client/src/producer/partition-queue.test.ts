import { expect, test } from "vitest";
import { ProduceBatch } from "./batch.ts";
import { PartitionQueue } from "./partition-queue.ts";

const memory = { take: (size: number) => Buffer.alloc(size), give: () => {} };
const batch = (ordinal: number) => new ProduceBatch("t", 0, ordinal, 0, memory, 256);

test("a batch to be sent again goes back to its place", () => {
  const queue = new PartitionQueue("t", 0, 1000);
  const batches = [0, 10, 20, 30].map(batch);
  queue.waiting.push(batches[3]!);
  for (const i of [1, 0, 2]) queue.reinsert(batches[i]!);
  expect(queue.waiting).toEqual(batches);
});

test("a batch is next when nothing before it is unacknowledged", () => {
  const queue = new PartitionQueue("t", 0, 1000);
  const [a, b, c] = [batch(0), batch(10), batch(20)];
  queue.inFlight.push(a, b);
  queue.waiting.push(c);
  expect([a, b, c].map((one) => queue.isNext(one))).toEqual([true, false, false]);
  queue.removeInFlight(a);
  expect(queue.isNext(b)).toBe(true);
  queue.reinsert(a);
  expect(queue.isNext(b)).toBe(false);
  expect(queue.isNext(a)).toBe(true);
});
