import { expect, test } from "vitest";
import type { ConnectorStatus } from "../client/answers.ts";
import { countStates, healthOf, needsHelp, viewOf } from "./health.ts";

function status(connector: string, ...tasks: string[]): ConnectorStatus {
  const part = (state: string) => ({
    state,
    worker_id: "w:1",
    ...(state === "FAILED" && { trace: "org.x.BadException: no\n\tat x" }),
  });
  return {
    name: "a",
    type: "sink",
    connector: part(connector),
    tasks: tasks.map((state, id) => ({ id, ...part(state) })),
  };
}

test.each([
  ["healthy", status("RUNNING", "RUNNING", "RUNNING")],
  ["healthy", status("RUNNING")],
  ["degraded", status("RUNNING", "RUNNING", "FAILED")],
  ["degraded", status("RUNNING", "RUNNING", "UNASSIGNED")],
  ["degraded", status("RESTARTING", "RUNNING")],
  ["failed", status("RUNNING", "FAILED", "FAILED")],
  ["failed", status("FAILED", "RUNNING")],
  ["paused", status("PAUSED", "PAUSED")],
  ["stopped", status("STOPPED")],
])("%s", (health, of) => expect(healthOf(of)).toBe(health));

test("a view has the first lines of traces", () => {
  expect(viewOf("a", status("RUNNING", "FAILED")).tasks[0]).toEqual({
    id: 0,
    state: "FAILED",
    worker: "w:1",
    error: "org.x.BadException: no",
  });
});

test("a connector without a status is looked at by somebody", () => {
  expect(needsHelp(viewOf("a", undefined))).toBe(true);
  expect(needsHelp(viewOf("a", status("PAUSED", "PAUSED")))).toBe(false);
});

test("states are counted", () => {
  expect(countStates(status("RUNNING", "FAILED", "RUNNING", "FAILED").tasks)).toBe(
    "2 FAILED, 1 RUNNING",
  );
  expect(countStates([])).toBe("none");
});
