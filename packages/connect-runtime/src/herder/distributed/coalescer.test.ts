import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Coalescer } from "./coalescer.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("what comes at nearly the same time is acted upon once, each reason named once", () => {
  const acts: (readonly string[])[] = [];
  const coalescer = new Coalescer((reasons) => acts.push(reasons));
  for (const reason of ["a", "b", "a"]) {
    coalescer.add(reason);
    vi.advanceTimersByTime(40);
  }
  expect(acts).toEqual([]);
  expect(coalescer.pending).toBe(true);
  vi.advanceTimersByTime(50);
  expect(acts).toEqual([["a", "b"]]);
  expect(coalescer.pending).toBe(false);
});

test("a stream that never ends does not hold it up", () => {
  let acts = 0;
  const coalescer = new Coalescer(() => acts++);
  for (let i = 0; i < 55; i++) {
    coalescer.add(`${i}`);
    vi.advanceTimersByTime(10);
  }
  expect(acts).toBe(1);
});

test("closed, it forgets what has come", () => {
  let acts = 0;
  const coalescer = new Coalescer(() => acts++);
  coalescer.add("a");
  coalescer.close();
  vi.advanceTimersByTime(1000);
  expect(acts).toBe(0);
});
