import { expect, it } from "vitest";
import { activities, overlaps } from "./journal.ts";

/** Lines of a run every 100 ms. */
function run(id: string, pid: number, from: number, to: number, last = "stop"): string {
  let text = `start ${pid} ${id} ${from}\n`;
  for (let time = from + 100; time < to; time += 100) text += `alive ${pid} ${id} ${time}\n`;
  return `${text}${last} ${pid} ${id} ${to}\n`;
}

it("sees no overlap where one run follows another", () => {
  expect(overlaps("s", run("a", 1, 1_000, 3_000) + run("b", 2, 3_000, 4_000))).toEqual([]);
});

it("measures how long two runs were at work", () => {
  const journal = run("a", 1, 1_000, 3_000) + run("b", 2, 2_600, 9_000) + run("c", 2, 8_900, 9_500);
  expect(overlaps("s", journal)).toEqual([
    { stream: "s", pids: [1, 2], from: 2_600, durationMs: 400 },
    { stream: "s", pids: [2, 2], from: 8_900, durationMs: 100 },
  ]);
});

it("sees a run that goes on beside the one that took over while it was frozen", () => {
  const frozen = run("a", 1, 1_000, 2_000, "alive") + run("a", 1, 30_000, 30_300);
  const journal = frozen + run("b", 2, 9_000, 60_000);
  expect(activities(journal)).toMatchObject([
    { run: "a", from: 1_000, to: 2_000 },
    { run: "a", from: 30_000, to: 30_300 },
    { run: "b", from: 9_000, to: 60_000 },
  ]);
  expect(overlaps("s", journal)).toMatchObject([{ from: 30_000, durationMs: 300 }]);
});

it("leaves out a line that was cut", () => {
  expect(activities("start 1 a 1000\nalive 1 a 10")).toMatchObject([{ from: 1_000 }]);
  expect(activities("start 1 a 1000\nalive 1\n")).toMatchObject([{ to: 1_000 }]);
});
