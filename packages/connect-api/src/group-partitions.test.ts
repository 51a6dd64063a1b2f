import * as fc from "fast-check";
import { expect, test } from "vitest";
import { groupPartitions } from "./group-partitions.ts";

test("groups are contiguous, complete and of nearly equal size, the longer ones first", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (items, count) => {
      const groups = groupPartitions(items, count);
      expect(groups).toHaveLength(count);
      expect(groups.flat()).toEqual(items);
      const sizes = groups.map((group) => group.length);
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
      expect(sizes[0]! - sizes.at(-1)!).toBeLessThanOrEqual(1);
    }),
  );
});

test("there must be a group to fill", () => {
  expect(() => groupPartitions([1], 0)).toThrow("Number of groups must be positive.");
});
