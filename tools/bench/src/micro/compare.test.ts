import { expect, test } from "vitest";
import { compareMicro } from "./compare.ts";

test("what became slower or faster than the limit is told apart from noise", () => {
  const before = [
    { name: "a", nsPerOp: 100 },
    { name: "b", nsPerOp: 100 },
    { name: "c", nsPerOp: 100 },
    { name: "gone", nsPerOp: 1 },
  ];
  const now = [
    { name: "a", nsPerOp: 126 },
    { name: "b", nsPerOp: 79 },
    { name: "c", nsPerOp: 124 },
    { name: "d", nsPerOp: 5 },
  ];
  expect(compareMicro(before, now, 1.25).map(({ name, verdict }) => [name, verdict])).toEqual([
    ["a", "slower"],
    ["b", "faster"],
    ["c", "same"],
    ["d", "new"],
  ]);
});
