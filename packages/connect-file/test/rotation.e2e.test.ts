import { expect, test } from "vitest";
import { countLines } from "./count-lines.ts";

const seeds = (process.env["ROTATION_SEEDS"] ?? "1").split(",").map(Number);

// Under names that no pattern leads to, a file is only found if it was looked at before.
const patterns = [
  ["in.log*", 100],
  ["in.log", 250],
] as const;

test.each(seeds.flatMap((seed) => patterns.map(([pattern, ms]) => [seed, pattern, ms] as const)))(
  "each line comes once while a log is rotated, whatever the pattern (seed %i, %s, every %i ms)",
  async (seed, pattern, rotateMs) => {
    const counts = await countLines(seed, pattern, ["write", "rename", "restart"], rotateMs);
    expect(counts.findIndex((count) => count !== 1)).toBe(-1);
  },
);

test.each(seeds)(
  "no line is missed where files are copied, cut short and compressed besides (seed %i)",
  async (seed) => {
    const acts = ["write", "rename", "copy", "compress", "restart"] as const;
    const counts = await countLines(seed, "in.log*", acts, 100);
    expect(counts.indexOf(0)).toBe(-1);
  },
);
