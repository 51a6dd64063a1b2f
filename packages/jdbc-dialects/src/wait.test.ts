import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { inTime, pause } from "./wait.ts";

const never = new AbortController().signal;

test("a promise that comes in time gives its value or its error", async () => {
  expect(await inTime(Promise.resolve(1), 1000, never)).toEqual({ value: 1 });
  await expect(inTime(Promise.reject(new Error("no")), 1000, never)).rejects.toThrow("no");
});

test.each([
  ["time", 5, never],
  ["an abort", 60_000, AbortSignal.timeout(5)],
  ["an abort that was before", 60_000, AbortSignal.abort()],
])("%s ends the wait, not the promise", async (_, ms, signal) => {
  const slow = sleep(30, "done");
  expect(await inTime(slow, ms, signal)).toBeUndefined();
  expect(await slow).toBe("done");
});

test("time that has run out is no time, and no warning", async () => {
  const warn = vi.spyOn(process, "emitWarning");
  expect(await inTime(sleep(20), -5, never)).toBeUndefined();
  await pause(-5, never);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});

test("a pause ends with its time or an abort", async () => {
  const begun = performance.now();
  await pause(20, never);
  expect(performance.now() - begun).toBeGreaterThan(15);
  await pause(60_000, AbortSignal.timeout(5));
  expect(performance.now() - begun).toBeLessThan(5000);
});
