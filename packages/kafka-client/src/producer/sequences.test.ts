import { expect, test } from "vitest";
import { SequenceState, advanceSequence, nextEpoch } from "./sequences.ts";

test("sequences count records and wrap after 2^31, as Java's DefaultRecordBatch", () => {
  const state = new SequenceState({ producerId: 1, epoch: 0 });
  expect(state.assign(10)).toBe(0);
  expect(state.assign(2 ** 31 - 11)).toBe(10);
  expect(state.assign(3)).toBe(2 ** 31 - 1);
  expect(state.assign(1)).toBe(2);
  expect(advanceSequence(2 ** 31 - 1, 1)).toBe(0);
});

test("epochs are used up in the end", () => {
  expect(nextEpoch({ producerId: 7, epoch: 0 })).toEqual({ producerId: 7, epoch: 1 });
  expect(nextEpoch({ producerId: 7, epoch: 32_766 })).toBeUndefined();
});
