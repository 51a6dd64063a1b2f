import { expect, test } from "vitest";
import { operation } from "../../test/operations.ts";
import type { Bulk } from "./bulk.ts";
import { OperationQueue, type Overlap } from "./operation-queue.ts";
import { PartitionProgress } from "@millrace/sink-progress";

const shown = (bulk: Bulk | undefined) => bulk?.body().toString("utf8").trimEnd().split("\n");

function queueOf(overlap: Overlap, ...ids: string[]): OperationQueue {
  const queue = new OperationQueue(overlap);
  for (const [i, id] of ids.entries()) queue.push(operation(id, i));
  return queue;
}

test("any: a document may be in several requests", () => {
  const queue = queueOf("any", "a", "b", "a");
  expect(shown(queue.take(2, Infinity))).toEqual(["a@0", "b@1"]);
  expect(shown(queue.take(2, Infinity))).toEqual(["a@2"]);
  expect(queue.take(2, Infinity)).toBeUndefined();
});

test("versions: several operations on a document go together, later ones wait", () => {
  const queue = queueOf("versions", "a", "a", "b", "a", "c");
  const first = queue.take(2, Infinity);
  expect(shown(first)).toEqual(["a@0", "a@1"]);
  expect(shown(queue.take(9, Infinity))).toEqual(["b@2", "c@4"]);
  expect(queue.take(9, Infinity)).toBeUndefined();
  queue.release(first as Bulk);
  expect(queue.hasReleased).toBe(true);
  expect(shown(queue.take(9, Infinity))).toEqual(["a@3"]);
});

test("one: one operation on a document at a time", () => {
  const queue = queueOf("one", "a", "a", "b", "a");
  const order: string[] = [];
  for (;;) {
    const bulk = queue.take(9, Infinity);
    if (bulk === undefined) break;
    order.push((shown(bulk) ?? []).join(" "));
    queue.release(bulk);
  }
  expect(order).toEqual(["a@0 b@2", "a@1", "a@3"]);
});

test("requests end at their size", () => {
  const queue = queueOf("any", "a", "b", "c");
  expect(queue.bytes).toBe(12);
  expect(shown(queue.take(9, 8))).toEqual(["a@0", "b@1"]);
  expect(queue.bytes).toBe(4);
  expect(shown(queue.take(9, 1))).toEqual(["c@2"]);
});

test("removes operations wherever they wait", () => {
  const gone = new PartitionProgress("t", 1);
  const queue = new OperationQueue("one");
  queue.push(operation("a", 0));
  const first = queue.take(9, Infinity);
  queue.push(operation("a", 1, { progress: gone }));
  queue.push(operation("a", 2));
  expect(queue.take(9, Infinity)).toBeUndefined();
  queue.push(operation("b", 3, { progress: gone }));
  expect(queue.remove(({ progress }) => progress === gone)).toHaveLength(2);
  queue.release(first as Bulk);
  expect(shown(queue.take(9, Infinity))).toEqual(["a@2"]);
  expect([queue.length, queue.bytes]).toEqual([0, 0]);
});

test.each(["versions", "one"] as const)(
  "%s: whatever the order in which requests end, documents keep theirs and nothing is lost",
  (overlap) => {
    let seed = 3;
    const random = (n: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor(seed / 7) % n;
    };
    const queue = new OperationQueue(overlap);
    const underWay: Bulk[] = [];
    const done = new Map<string | undefined, number>();
    let pushed = 0;
    let finished = 0;
    const finishOne = () => {
      const [bulk] = underWay.splice(random(underWay.length), 1);
      if (bulk === undefined) return;
      for (const { id, record } of bulk.operations) {
        expect(record.kafkaOffset).toBeGreaterThan(done.get(id) ?? -1);
        done.set(id, record.kafkaOffset);
        finished++;
      }
      queue.release(bulk);
    };
    for (let round = 0; round < 300; round++) {
      for (let i = random(12); i > 0; i--) queue.push(operation(`k${random(12)}`, pushed++));
      const bulk = queue.take(1 + random(9), Infinity);
      if (bulk !== undefined) underWay.push(bulk);
      const busy = underWay.flatMap(({ operations }) => [
        ...new Set(operations.map(({ id }) => id)),
      ]);
      expect(new Set(busy).size).toBe(busy.length);
      if (underWay.length > random(5)) finishOne();
      if (round % 100 === 0) while (underWay.length > 0) finishOne();
    }
    for (;;) {
      const bulk = queue.take(100, Infinity);
      if (bulk !== undefined) underWay.push(bulk);
      else if (underWay.length === 0) break;
      finishOne();
    }
    expect(finished).toBe(pushed);
  },
);
