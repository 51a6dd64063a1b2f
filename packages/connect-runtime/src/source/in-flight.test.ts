import * as fc from "fast-check";
import { SourceRecord } from "@millrace/connect-api";
import { describe, expect, it } from "vitest";
import { InFlight } from "./in-flight.ts";
import { PartitionOffsets } from "./partition-offsets.ts";

const KEY = '["c",{"file":"a"}]';
const PARTITION = { file: "a" };

function offsetsAt(position: number, partition = PARTITION): PartitionOffsets {
  const offsets = new PartitionOffsets();
  offsets.note(
    new SourceRecord({ topic: "t", sourcePartition: partition, sourceOffset: { position } }),
  );
  return offsets;
}

describe("InFlight", () => {
  it("commits only the unbroken run of acknowledged batches", () => {
    const inFlight = new InFlight("c");
    const batches = [1, 2, 3].map((position) => inFlight.add(offsetsAt(position)));
    batches[1]!.acknowledge();
    expect(inFlight.takeCommittable().size).toBe(0);
    batches[0]!.acknowledge();
    expect(inFlight.takeCommittable()).toEqual(new Map([[KEY, { position: 2 }]]));
    batches[2]!.acknowledge();
    expect(inFlight.takeCommittable()).toEqual(new Map([[KEY, { position: 3 }]]));
    expect(inFlight.takeCommittable().size).toBe(0);
  });

  it("never commits past a batch that is still out, in whatever order answers come", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), (order) => {
        const inFlight = new InFlight("c");
        const batches = order.map((_, i) => inFlight.add(offsetsAt(i)));
        const done = new Set<number>();
        let committed = -1;
        for (const i of order) {
          batches[i]!.acknowledge();
          done.add(i);
          const offset = inFlight.takeCommittable().get(KEY);
          if (offset) committed = Number(offset["position"]);
          for (let before = 0; before <= committed; before++) expect(done).toContain(before);
        }
        expect(committed).toBe(7);
      }),
    );
  });

  it("tells equal partitions in different objects for the same", () => {
    const inFlight = new InFlight("c");
    inFlight.add(offsetsAt(1)).acknowledge();
    inFlight.add(offsetsAt(2, { file: "a" })).acknowledge();
    inFlight.add(offsetsAt(3, { file: "b" })).acknowledge();
    expect([...inFlight.takeCommittable().values()]).toEqual([{ position: 2 }, { position: 3 }]);
  });

  it("is drained when the last batch is settled", async () => {
    const inFlight = new InFlight("c");
    await inFlight.drained();
    const batch = inFlight.add(offsetsAt(1));
    let drained = false;
    const waiting = inFlight.drained().then(() => (drained = true));
    await Promise.resolve();
    expect(drained).toBe(false);
    batch.acknowledge();
    await waiting;
    expect(inFlight.size).toBe(0);
  });

  it("is drained, too, when what is left lies behind a batch that failed", async () => {
    const inFlight = new InFlight("c");
    const [first, second] = [1, 2, 3].map((position) => inFlight.add(offsetsAt(position)));
    second!.fail();
    const drained = inFlight.drained();
    first!.acknowledge();
    await drained;
    expect(inFlight.takeCommittable()).toEqual(new Map([[KEY, { position: 1 }]]));
  });
});

describe("PartitionOffsets", () => {
  it("keeps the last offset of each partition", () => {
    const offsets = new PartitionOffsets();
    const [a, b] = [{ file: "a" }, { file: "b" }];
    for (const [sourcePartition, position] of [
      [a, 1],
      [b, 2],
      [a, 3],
    ] as const) {
      offsets.note(new SourceRecord({ topic: "t", sourcePartition, sourceOffset: { position } }));
    }
    offsets.note(new SourceRecord({ topic: "t", sourcePartition: b, sourceOffset: null }));
    expect(new Map(offsets)).toEqual(
      new Map([
        [a, { position: 3 }],
        [b, { position: 2 }],
      ]),
    );
  });
});
