import { expect, test } from "vitest";
import { RebalanceMeasures } from "./rebalance-measures.ts";
import { SampledStat } from "./sampled-stat.ts";
import { StateTimes } from "./state-times.ts";

function clock() {
  let nowMs = 5_000;
  return { now: () => nowMs, pass: (ms: number) => void (nowMs += ms) };
}

test("values count as long as samples reach back", () => {
  const { now, pass } = clock();
  const values = new SampledStat({ windowMs: 1_000, samples: 2 }, now);
  expect([values.average, values.max, values.frequency]).toEqual([undefined, undefined, 0]);
  values.record(10);
  pass(1_500);
  values.record(20);
  expect([values.average, values.min, values.max]).toEqual([15, 10, 20]);
  expect([values.rate, values.frequency]).toEqual([20, 2 / 1.5]);
  pass(1_000);
  expect([values.average, values.min, values.max]).toEqual([20, 20, 20]);
  pass(1_000);
  values.record(1);
  pass(1_000);
  values.record(2);
  pass(1_000);
  values.record(3);
  // Two samples are kept, of which one has just ended.
  expect([values.average, values.frequency]).toEqual([2.5, 2]);
});

test("states have their shares of the time", () => {
  const { now, pass } = clock();
  const times = new StateTimes(now);
  expect(times.ratio("RUNNING")).toBe(0);
  pass(1_000);
  times.reached("RUNNING");
  pass(2_000);
  times.reached("PAUSED");
  pass(1_000);
  times.reached("RUNNING");
  pass(4_000);
  expect([times.ratio("RUNNING"), times.ratio("PAUSED"), times.ratio("FAILED")]).toEqual([
    0.75, 0.125, 0,
  ]);
});

test("a rebalance lasts from its first attempt to the work it gives", () => {
  const { now, pass } = clock();
  const measures = new RebalanceMeasures({ windowMs: 30_000, samples: 2 }, now);
  expect([measures.underWay, measures.sinceLastMs, measures.sinceHeartbeatMs]).toEqual([
    false,
    undefined,
    undefined,
  ]);
  measures.begun();
  pass(100);
  measures.failedOnce();
  measures.begun();
  expect(measures.underWay).toBe(true);
  pass(50);
  measures.finished();
  pass(10);
  measures.heartbeat(3);
  pass(5);
  expect([measures.underWay, measures.completed, measures.failed]).toEqual([false, 1, 1]);
  expect([measures.durationsMs.max, measures.sinceLastMs]).toEqual([150, 15]);
  expect([measures.heartbeats, measures.heartbeatsMs.max, measures.sinceHeartbeatMs]).toEqual([
    1, 3, 5,
  ]);
});
