import { expect, it } from "vitest";
import { Random } from "./random.ts";

const some = (seed: number) => {
  const random = new Random(seed);
  return Array.from({ length: 1_000 }, () => random.integer(1, 6));
};

it("comes again with the same seed only", () => {
  expect(some(7)).toEqual(some(7));
  expect(some(7)).not.toEqual(some(8));
});

it("gives each number its share", () => {
  const numbers = some(7);
  expect(new Set(numbers)).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  for (const number of [1, 2, 3, 4, 5, 6]) {
    expect(numbers.filter((other) => other === number).length).toBeGreaterThan(100);
  }
});
