import { expect, test } from "vitest";
import { assignEagerly } from "./eager-assignor.ts";
import type { WorkSnapshot } from "../store/work.ts";

function snapshotOf(configured: Record<string, number>): WorkSnapshot {
  return {
    offset: 1,
    connectors: () => Object.keys(configured),
    has: (connector) => connector in configured,
    taskCount: (connector) => configured[connector] ?? 0,
  };
}

test("around the members by their ids: connectors by name, then on with the tasks", () => {
  const dealt = assignEagerly(snapshotOf({ b: 2, a: 1, c: 0 }), ["m2", "m1"]);
  expect(Object.fromEntries(dealt)).toEqual({
    m1: { connectors: ["a", "c"], tasks: [{ connector: "b", task: 0 }] },
    m2: {
      connectors: ["b"],
      tasks: [
        { connector: "a", task: 0 },
        { connector: "b", task: 1 },
      ],
    },
  });
});

test("members for whom nothing is left get nothing", () => {
  expect(Object.fromEntries(assignEagerly(snapshotOf({ a: 0 }), ["m1", "m2"]))).toEqual({
    m1: { connectors: ["a"], tasks: [] },
    m2: { connectors: [], tasks: [] },
  });
});
