import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ProduceBatch } from "./batch.ts";
import type { DeliveryPart, DeliverySink } from "./delivery.ts";

const memory = { take: (size: number) => Buffer.alloc(size), give: () => {} };
const batchOf = (ordinal = 0) => new ProduceBatch("t", 3, ordinal, 0, memory, 256);

class Sink implements DeliverySink {
  readonly parts: DeliveryPart[] = [];
  count = 0;
  next = 0;
  settle(part: DeliveryPart, count: number): void {
    this.parts.push(part);
    this.count += count;
  }
}

/** [index in group, offset] of every record that was reported. */
const offsets = ({ parts }: Sink): [number, number][] =>
  parts.flatMap(({ ranges, baseOffset }) => {
    const found: [number, number][] = [];
    for (let i = 0; i < ranges.length; i += 2)
      for (let index = ranges[i]!; index < ranges[i + 1]!; index++)
        found.push([index, baseOffset + found.length]);
    return found;
  });

test("every record of every group gets its own offset, also when the batch is split", () => {
  fc.assert(
    fc.property(
      // Which group a record belongs to, and how many of that group's records went elsewhere before.
      fc.array(fc.tuple(fc.nat(2), fc.nat(1)), { minLength: 1, maxLength: 30 }),
      fc.nat(30),
      (records, cut) => {
        const expected = [new Map(), new Map(), new Map()] as Map<number, number>[];
        const sinks = [new Sink(), new Sink(), new Sink()];
        const batch = batchOf();
        for (const [i, [which, elsewhere]] of records.entries()) {
          const sink = sinks[which]!;
          sink.next += elsewhere;
          expect(batch.append(sink, sink.next, 0, null, null, null, Infinity)).toBe(true);
          expected[which]!.set(sink.next++, 1000 + i);
        }
        const at = Math.min(cut, records.length);
        const halves = [batchOf(), batchOf()];
        batch.transferTo(halves[0]!, 0, at);
        batch.transferTo(halves[1]!, at, records.length);
        halves[0]!.settle(1000, -1, undefined);
        halves[1]!.settle(1000 + at, -1, undefined);
        for (const [i, sink] of sinks.entries()) {
          expect(new Map(offsets(sink))).toEqual(expected[i]);
          expect(sink.count).toBe(expected[i]!.size);
          sink.parts.length = 0;
        }
        batch.settle(1000, -1, undefined);
        for (const [i, sink] of sinks.entries())
          expect(new Map(offsets(sink))).toEqual(expected[i]);
      },
    ),
  );
});

test("an unknown base offset stays unknown for every part", () => {
  const [a, b] = [new Sink(), new Sink()];
  const batch = batchOf();
  batch.append(a, 0, 0, null, null, null, Infinity);
  batch.append(b, 0, 0, null, null, null, Infinity);
  batch.settle(-1, -1, undefined);
  expect([...a.parts, ...b.parts].map(({ baseOffset }) => baseOffset)).toEqual([-1, -1]);
});
