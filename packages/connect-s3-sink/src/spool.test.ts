import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Spool } from "./spool.ts";

test("what goes in comes out in order, whatever went to disk meanwhile", () => {
  const step = fc.oneof(
    fc.record({ write: fc.uint8Array({ maxLength: 50 }) }),
    fc.record({ take: fc.integer({ min: 1, max: 80 }) }),
    fc.constant({ spill: true }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      using spool = new Spool();
      const written: Uint8Array[] = [];
      const taken: Uint8Array[] = [];
      const inMemory: number[] = [];
      for (const action of steps) {
        if ("write" in action) {
          written.push(action.write);
          spool.write(action.write);
        } else if ("take" in action) {
          taken.push(spool.take(action.take));
        } else {
          spool.spill();
          inMemory.push(spool.memory);
        }
      }
      taken.push(spool.take(Number.MAX_SAFE_INTEGER));
      expect(Buffer.concat(taken)).toEqual(Buffer.concat(written));
      expect([spool.length, ...inMemory].every((length) => length === 0)).toBe(true);
    }),
  );
});
