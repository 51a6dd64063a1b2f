import type { ConnectorStatus } from "@millrace/services";
import { describe, expect, it } from "vitest";
import { balanceOf, isBalanced, placementOf, unsettled } from "./placement.ts";

const WORKERS = new Set(["h:1", "h:2"]);

/** @param parts `RUNNING@1`: the connector first, then its tasks */
function statuses(parts: Readonly<Record<string, string>>): Map<string, ConnectorStatus> {
  const part = (text = "") => {
    const [state = "", port] = text.split("@");
    return { state, worker_id: `h:${port}` };
  };
  return new Map(
    Object.entries(parts).map(([name, text]) => {
      const [connector, ...tasks] = text.split(" ");
      const withIds = tasks.map((task, id) => ({ id, ...part(task) }));
      return [name, { name, connector: part(connector), tasks: withIds }];
    }),
  );
}

const problems = (text: string, state: "RUNNING" | "PAUSED" | "STOPPED" = "RUNNING") =>
  unsettled(statuses({ c: text }), new Map([["c", { state, tasks: 2 }]]), WORKERS);

describe("a group", () => {
  it("is settled when every part is in its state on a worker that runs", () => {
    expect(problems("RUNNING@1 RUNNING@1 RUNNING@2")).toEqual([]);
    expect(problems("PAUSED@1 PAUSED@1 PAUSED@2", "PAUSED")).toEqual([]);
    expect(problems("STOPPED@1", "STOPPED")).toEqual([]);
  });

  it("is not while parts are missing, elsewhere, or in another state", () => {
    expect(problems("RUNNING@1 RUNNING@1")).toEqual(["c has 1 tasks of 2"]);
    expect(problems("RUNNING@1 RUNNING@3 FAILED@2")).toEqual([
      "c-0 is RUNNING on h:3, which does not run",
      "c-1 is FAILED on h:2",
    ]);
    expect(problems("RUNNING@1 RUNNING@1 RUNNING@2", "STOPPED")).toContain("c has 2 tasks of 0");
  });

  it("is not while a connector is missing or too many", () => {
    expect(unsettled(statuses({ x: "RUNNING@1" }), new Map(), WORKERS)).toHaveLength(1);
    const expected = new Map([["c", { state: "RUNNING", tasks: 1 } as const]]);
    expect(unsettled(new Map(), expected, WORKERS)).toEqual(["c has no status"]);
  });
});

describe("placement", () => {
  it("names connectors and tasks", () => {
    const placement = placementOf(statuses({ c: "RUNNING@1 RUNNING@2" }));
    expect([...placement]).toEqual([
      ["c", { state: "RUNNING", worker: "h:1" }],
      ["c-0", { state: "RUNNING", worker: "h:2" }],
    ]);
  });

  it("is balanced where no worker has two more than another", () => {
    const balanced = (parts: Readonly<Record<string, string>>) =>
      isBalanced(balanceOf(statuses(parts), WORKERS));
    expect(balanced({ a: "RUNNING@1 RUNNING@2 RUNNING@2", b: "RUNNING@2 RUNNING@1" })).toBe(true);
    expect(balanced({ a: "RUNNING@1", b: "RUNNING@1" })).toBe(false);
    expect(balanced({ a: "RUNNING@1 RUNNING@1 RUNNING@1" })).toBe(false);
  });
});
