import { describe, expect, test } from "vitest";
import { aggregate, packageOf, type ProfileNode } from "./cpu-profile.ts";

function node(id: number, functionName: string, url = "", lineNumber = 0): ProfileNode {
  return { id, callFrame: { functionName, url, lineNumber } };
}

describe("a profile", () => {
  const file = "file:///clone/packages/kafka-client/dist/record-batch/encode.js";
  const profile = {
    nodes: [
      node(1, "(root)"),
      node(2, "append", file, 9),
      node(3, "(idle)"),
      node(4, "append", file, 9), // the same function, called from elsewhere
      node(5, "(garbage collector)"),
    ],
    samples: [2, 3, 4, 5, 2],
    timeDeltas: [1000, 5000, 2000, 500, 500],
  };

  test("adds up self time per function, wherever it was called from", () => {
    const { functions, packages, totalMs, idleMs } = aggregate(profile);
    expect(totalMs).toBe(9);
    expect(idleMs).toBe(5);
    expect(functions).toEqual([
      { name: "append  record-batch/encode.js:10", ms: 3.5 },
      { name: "(garbage collector)", ms: 0.5 },
    ]);
    expect(packages).toEqual([
      { name: "kafka-client", ms: 3.5 },
      { name: "gc", ms: 0.5 },
    ]);
  });

  test("a clock that went backwards takes nothing away", () => {
    expect(aggregate({ ...profile, timeDeltas: [1000, 5000, -2000, 500, 500] }).totalMs).toBe(7);
  });
});

test.each([
  ["file:///clone/packages/connect-file/dist/source/lines.js", "connect-file"],
  ["file:///clone/tools/bench/plugins/dist/busy.js", "bench/plugins"],
  [
    "file:///clone/node_modules/.pnpm/@node-rs+crc32@1/node_modules/@node-rs/crc32/index.js",
    "@node-rs/crc32",
  ],
  ["file:///clone/node_modules/.pnpm/fastify@5/node_modules/fastify/x.js", "fastify"],
  ["node:buffer", "node internals"],
  ["", "v8 builtins"],
])("%s belongs to %s", (url, expected) => {
  expect(packageOf(node(1, "f", url))).toBe(expected);
});
