import { expect, test } from "vitest";
import { Backoff, abortable, sleep } from "./backoff.ts";

test("delays double up to the maximum, with jitter around them", () => {
  const middle = new Backoff(100, 1000, () => 0.5);
  expect(Array.from({ length: 6 }, () => middle.nextMs())).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ]);
  middle.reset();
  expect(middle.nextMs()).toBe(100);
  expect(new Backoff(100, 1000, () => 0).nextMs()).toBe(80);
  expect(new Backoff(100, 1000, () => 1).nextMs()).toBeCloseTo(120);
});

test("a first delay above the maximum counts (Java raises the maximum)", () => {
  expect(new Backoff(5000, 1000, () => 0.5).nextMs()).toBe(5000);
});

test("waits end with the signal's own reason", async () => {
  const reason = new Error("stop");
  const controller = new AbortController();
  const sleeping = sleep(60_000, controller.signal);
  const waiting = abortable(new Promise(() => {}), controller.signal);
  controller.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(sleep(1, controller.signal)).rejects.toBe(reason);
  await expect(abortable(Promise.resolve(1), controller.signal)).rejects.toBe(reason);
});
