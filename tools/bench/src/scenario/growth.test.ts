import { expect, test } from "vitest";
import { growth } from "./growth.ts";

test("growth is from the first third to the last; a peak between them is none", () => {
  expect(growth([100, 100, 100, 500, 100, 100, 100, 100, 100])).toBe(1);
  expect(growth([100, 100, 100, 110, 120, 130, 150, 150, 150])).toBe(1.5);
  expect(growth([100, 200])).toBe(2);
});
