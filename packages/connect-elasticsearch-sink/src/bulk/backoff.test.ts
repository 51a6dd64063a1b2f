import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

test("doubles its upper bound with each attempt, up to a minute", () => {
  const almostOne = 1 - Number.EPSILON;
  expect(backoffMs(100, 0, almostOne)).toBe(99);
  expect(backoffMs(100, 3, almostOne)).toBe(799);
  expect(backoffMs(100, 500, almostOne)).toBe(59_999);
  expect(backoffMs(600_000, 3, almostOne)).toBe(599_999);
  expect(backoffMs(100, 3, 0)).toBe(0);
});

test("is spread over the whole range", () => {
  const waits = Array.from({ length: 500 }, () => backoffMs(1000, 2));
  expect(Math.min(...waits)).toBeLessThan(1000);
  expect(Math.max(...waits)).toBeGreaterThan(3000);
});
