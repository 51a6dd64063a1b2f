import type { Logger } from "@millrace/connect-api";
import { expect, it, onTestFinished, vi } from "vitest";
import { CommitSchedule } from "./commit-schedule.ts";

function setUp() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const events: string[] = [];
  const note = (event: string) => void events.push(event);
  const logger: Logger = { trace: note, debug: note, info: note, warn: note, error: note };
  const schedule = new CommitSchedule(1_000, {
    committed: () => note("committed"),
    commitFailed: () => note("failed"),
  });
  return { schedule, logger, events };
}

it("is due an interval after the end of the commit before, whoever asked for that", async () => {
  const { schedule, logger, events } = setUp();
  vi.advanceTimersByTime(600);
  expect([schedule.isDue(), schedule.dueInMs()]).toEqual([false, 400]);
  await schedule.run(async () => true, logger);
  expect(schedule.dueInMs()).toBe(1_000);
  vi.advanceTimersByTime(1_500);
  expect([schedule.isDue(), schedule.dueInMs()]).toEqual([true, 0]);
  await schedule.run(async () => false, logger);
  expect(events).toEqual(["committed"]);
});

it("counts and tells a commit that failed, and goes on", async () => {
  const { schedule, logger, events } = setUp();
  const failing = async () => {
    throw new Error("late");
  };
  await schedule.run(failing, logger);
  expect(schedule.isDue()).toBe(false);
  vi.advanceTimersByTime(1_000);
  expect(schedule.isDue()).toBe(true);
  await schedule.run(async () => true, logger);
  expect(events).toEqual([
    "failed",
    "Offsets could not be committed; the next commit will try again",
    "committed",
  ]);
});
