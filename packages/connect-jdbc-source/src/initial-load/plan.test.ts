import { assert, bigInt, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { partOffset, placeAfter, rangeOf, readPartOffset } from "./plan.ts";
import { readParts, readStarts, writeParts, writeStarts } from "./task-parts.ts";

const table = { catalog: null, schema: "public", name: 'a "b", c' };
const plans = [
  bigInt({ min: -1n, max: 2n ** 63n - 1n }),
  bigInt({ min: 0n, max: 2n ** 62n }),
] as const;

test("the ranges of a plan follow each other without a gap, from low to high", () => {
  assert(
    property(...plans, integer({ min: 1, max: 64 }), (low, length, parts) => {
      const plan = { low, high: low + length, parts, timestamp: undefined };
      let end = low;
      for (let part = 0; part < parts; part++) {
        const { after, upTo } = rangeOf(plan, part);
        expect(after).toBe(end);
        expect(upTo >= after).toBe(true);
        end = upTo;
      }
      expect(end).toBe(plan.high);
    }),
  );
});

test("a plan survives its way through offsets and task configurations", () => {
  assert(
    property(...plans, bigInt({ min: 0n, max: 2n ** 62n }), (low, length, timestamp) => {
      const plan = { low, high: low + length, parts: 7, timestamp };
      expect(readPartOffset(partOffset(plan, 5), "t")).toEqual({ plan, position: 5n });
      const parts = [{ table, part: 3, plan }];
      expect(readParts(writeParts(parts))).toEqual(parts);
      const place = placeAfter(plan);
      const starts = readStarts(writeStarts([{ table, place }]), ({ name }) => name);
      expect(starts.get(table.name)).toEqual(place);
    }),
  );
});

test("by number it goes on behind the highest, by time with everything since it began", () => {
  const plan = { low: 0n, high: 9n, parts: 2, timestamp: undefined };
  expect(placeAfter(plan)).toEqual({ incrementing: 9n, timestamp: undefined });
  expect(placeAfter({ ...plan, timestamp: 5n })).toEqual({
    incrementing: undefined,
    timestamp: 5n,
  });
});
