import { expect, test } from "vitest";
import { countLines } from "./count-lines.ts";

// Draws of `rotation.e2e.test.ts` in which files were found in the midst of being renamed.
test.each([1, 9])("each line comes once while a log is rotated (seed %i)", async (seed) => {
  const counts = await countLines(seed, "in.log*", ["write", "rename", "restart"], 100);
  expect(counts.findIndex((count) => count !== 1)).toBe(-1);
});
