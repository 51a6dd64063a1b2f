import { expect, test } from "vitest";
import { hasSeen } from "./chunk.ts";

test("a query has seen what was committed before it, but not what was still running", () => {
  const snapshot = "100:110:100,105";
  expect([99, 100, 104, 105, 109, 110, 111].map((txId) => hasSeen(snapshot, txId))).toEqual([
    true,
    false,
    true,
    false,
    true,
    false,
    false,
  ]);
});

test("ids of 32 bits begin anew", () => {
  const snapshot = `${2n ** 32n - 5n}:${2n ** 32n + 5n}:${2n ** 32n + 1n}`;
  expect([2 ** 32 - 6, 2 ** 32 - 1, 0, 1, 4, 5].map((txId) => hasSeen(snapshot, txId))).toEqual([
    true,
    true,
    true,
    false,
    true,
    false,
  ]);
});
