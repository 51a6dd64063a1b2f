import { describe, expect, test } from "vitest";
import { quantile, spreadOf } from "./spread.ts";

describe("spread", () => {
  test("the median is the middle one, or lies between the middle two", () => {
    expect(spreadOf([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9, count: 3 });
    expect(spreadOf([4, 1, 2, 3]).median).toBe(2.5);
    expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7, count: 1 });
  });

  test("sorts by number, not by text", () => {
    expect(spreadOf([100, 9, 20]).median).toBe(20);
  });

  test("of nothing is not a number", () => {
    expect(spreadOf([])).toEqual({ median: NaN, min: NaN, max: NaN, count: 0 });
  });

  test("a quantile lies between its neighbours", () => {
    const sorted = Array.from({ length: 101 }, (_, i) => i);
    expect(quantile(sorted, 0.99)).toBe(99);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
  });
});
