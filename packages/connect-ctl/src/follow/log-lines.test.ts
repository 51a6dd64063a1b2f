import { expect, test } from "vitest";
import { lineText, merge, type WorkerLine } from "./log-lines.ts";

function line(worker: string, second: number, message: string): WorkerLine {
  const time = `2026-11-27T10:00:0${second}.000Z`;
  return { worker, time, level: "info", logger: "org.x.Y", message };
}

test("lines are one log by their times; those of a worker stay in order", () => {
  const logs = [
    [line("w1", 1, "a"), line("w1", 3, "d"), line("w1", 3, "e")],
    [],
    [line("w2", 1, "b"), line("w2", 2, "c")],
  ];
  expect(merge(logs).map(({ message }) => message)).toEqual(["a", "b", "c", "d", "e"]);
});

test("a line says whose it is", () => {
  const failed: WorkerLine = {
    ...line("w1", 1, "Task failed"),
    level: "error",
    task: 2,
    details: { error: "E: no\n\tat x", count: 1 },
  };
  expect(lineText("a", line("w1", 1, "started"), false)).toBe("INFO  [a|worker] started (org.x.Y)");
  expect(lineText("a", failed, true)).toBe(
    "w1  ERROR [a|task-2] Task failed (org.x.Y)\n  error: E: no\n  \tat x\n  count: 1",
  );
});

test("a line cannot steer the terminal", () => {
  expect(lineText("a", line("w1", 1, "x\u001B[2Jy"), false)).toContain("x\uFFFD[2Jy");
});
