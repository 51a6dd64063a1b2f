import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { newTaskMemory } from "../metrics/task-memory.ts";
import { TaskReadings } from "../metrics/task-readings.ts";
import { TaskMeasures } from "./measures.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000, toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

function setUp(windowMs = 30_000, samples = 2) {
  const memory = newTaskMemory({ windowMs, samples });
  return { memory, measures: new TaskMeasures(memory), read: () => new TaskReadings(memory) };
}

describe("what a task measures", () => {
  it("adds up to what it has read", () => {
    const { measures, read } = setUp();
    measures.read += 10;
    measures.written += 5;
    measures.filtered++;
    measures.skipped++;
    measures.deadLettered++;
    const records = read().records;
    expect(records).toEqual({
      read: 10,
      written: 5,
      filtered: 1,
      skipped: 1,
      deadLettered: 1,
      held: 2,
    });
  });

  it("never holds less than nothing, whatever moment it is read at", () => {
    const { measures, read } = setUp();
    measures.written = 3;
    expect(read().records).toMatchObject({ read: 3, written: 3, held: 0 });
  });

  it("has averages and extremes of the last samples", () => {
    const { measures, read } = setUp();
    expect([read().average("pollMs"), read().max("pollMs"), read().min("pollMs")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    measures.polled(100, 5);
    measures.polled(300, 1);
    pass(30_000);
    measures.polled(200, 9);
    expect(read().average("batchSize")).toBe(200);
    expect([read().min("pollMs"), read().max("pollMs"), read().average("pollMs")]).toEqual([
      1, 9, 5,
    ]);
    // The first sample is out of date.
    pass(30_000);
    expect([read().average("batchSize"), read().max("pollMs")]).toEqual([200, 9]);
    pass(30_000);
    expect(read().average("batchSize")).toBeUndefined();
  });

  it("overwrites the oldest sample only", () => {
    const { measures, read } = setUp(1_000, 3);
    for (const size of [1, 2, 3, 4, 5]) {
      measures.polled(size);
      pass(1_000);
    }
    // The youngest sample has just ended, so two are left of the three.
    expect([read().min("batchSize"), read().max("batchSize")]).toEqual([4, 5]);
  });

  it("has rates per second, and none that jump at the start", () => {
    const { measures, read } = setUp();
    measures.polled(300);
    // A second after the start one window counts in full all the same.
    pass(1_000);
    expect(read().rate("batchSize")).toBeCloseTo(300 / 31);
    pass(39_000);
    measures.polled(300);
    expect(read().rate("batchSize")).toBeCloseTo(600 / 40);
    expect(read().frequency("batchSize")).toBeCloseTo(2 / 40);
    pass(60_000);
    expect(read().rate("batchSize")).toBe(0);
  });

  it("measures what is written by the batch, and takes back nothing", () => {
    const { measures, read } = setUp();
    measures.written += 40;
    measures.written--;
    measures.written += 20;
    expect(read().max("written")).toBe(40);
    expect(read().average("written")).toBe(30);
    expect(read().tally("written")).toBe(59);
  });

  it("tells commits that failed from those that did not", () => {
    const { measures, read } = setUp();
    measures.committed(10);
    measures.committed(20);
    measures.committed(30);
    measures.commitFailed();
    expect(read().average("commitFailure")).toBe(0.25);
    expect(read().average("commitMs")).toBe(20);
    expect([read().tally("commits"), read().tally("commitAttempts")]).toEqual([3, 4]);
  });

  it("begins anew with a task's next life", () => {
    const { memory, measures, read } = setUp(1_000, 2);
    measures.read = 7;
    measures.polled(7, 1);
    const next = new TaskMeasures(memory);
    expect([next.read, read().records.read, read().max("batchSize")]).toEqual([0, 0, undefined]);
    next.polled(1);
    expect(read().max("batchSize")).toBe(1);
  });

  it("measures its clients by the request", () => {
    const { measures, read } = setUp();
    measures.producer.requestSent(30, [100, 300]);
    measures.producer.requestSent(10, [200]);
    measures.producer.requestEnded(4);
    measures.producer.retried(10);
    measures.producer.failed(3);
    expect(read().tally("producedRecords")).toBe(40);
    expect(read().average("producedRecords")).toBe(20);
    expect([read().tally("producedBytes"), read().max("producedBytes")]).toEqual([600, 300]);
    expect(read().average("produceMs")).toBe(4);
    expect([read().tally("resentRecords"), read().tally("unsentRecords")]).toEqual([10, 3]);
    measures.consumer.fetched(5_000, 7);
    measures.consumer.fetched(1_000, 5);
    expect([read().tally("fetches"), read().tally("fetchedBytes")]).toEqual([2, 6_000]);
    expect([read().max("fetchMs"), read().average("fetchedBytes")]).toEqual([7, 3_000]);
  });

  it("may have windows without a length", () => {
    const { measures, read } = setUp(0, 1);
    measures.polled(5);
    expect(read().max("batchSize")).toBe(5);
    pass(1);
    expect(read().max("batchSize")).toBeUndefined();
  });
});
