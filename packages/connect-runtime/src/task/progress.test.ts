import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { newCounters } from "./counters.ts";
import { unitContext, unitLogger } from "./logger.ts";
import { ProgressLog } from "./progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("tells how far a task is, at intervals and only while something moves", () => {
  const lines: string[] = [];
  const counters = newCounters();
  const logger = unitLogger(unitContext("c", 0), "WorkerSourceTask", ({ message }) =>
    lines.push(message),
  );
  const progress = new ProgressLog(counters, logger, 60_000);
  const after = (ms: number, read: number, written: number): string[] => {
    vi.advanceTimersByTime(ms);
    Object.assign(counters, { read, written });
    progress.tellIfDue();
    return lines.splice(0);
  };
  expect(after(59_999, 500, 100)).toEqual([]);
  expect(after(1, 900, 600)).toEqual([
    "10 records/s: read 900, written 600, filtered 0, skipped 0, still held 300",
  ]);
  expect(after(60_000, 900, 600)).toEqual([]);
  // What was idle before does not count into the rate.
  expect(after(60_000, 1_200, 900)).toEqual([
    "5.0 records/s: read 1200, written 900, filtered 0, skipped 0, still held 300",
  ]);
});

it("does not fill the log where offsets are committed very often", () => {
  let lines = 0;
  const counters = newCounters();
  const logger = unitLogger(unitContext("c", 0), "WorkerSinkTask", () => lines++);
  const progress = new ProgressLog(counters, logger, 100);
  for (let i = 0; i < 100; i++) {
    vi.advanceTimersByTime(1_000);
    counters.read++;
    progress.tellIfDue();
  }
  expect(lines).toBe(10);
});
