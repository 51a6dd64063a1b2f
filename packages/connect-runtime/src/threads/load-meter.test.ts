import { expect, it } from "vitest";
import { LoadMeter } from "./load-meter.ts";

it("measures the load since the oldest sample of its window", () => {
  let active = 0;
  let idle = 0;
  const meter = new LoadMeter((now, since) => {
    const [a, i] = now ? [now.active, now.idle] : [active, idle];
    const [busy, free] = [a - (since?.active ?? 0), i - (since?.idle ?? 0)];
    return { active: busy, idle: free, utilization: busy / (busy + free || 1) };
  }, 3);
  const second = (busyMs: number) => {
    meter.sample();
    active += busyMs;
    idle += 1000 - busyMs;
  };
  expect(meter.load).toBe(0);
  for (let i = 0; i < 5; i++) second(1000);
  expect(meter.load).toBe(1);
  second(0);
  expect(meter.load).toBeCloseTo(2 / 3);
  for (let i = 0; i < 3; i++) second(0);
  expect(meter.load).toBe(0);
});
