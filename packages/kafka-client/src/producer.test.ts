import * as fc from "fast-check";
import { expect, test } from "vitest";

import { FakeBroker, type Fate } from "../test/support/fake-broker.ts";
import { Producer } from "./producer.ts";
import type { Delivery } from "./producer/delivery.ts";

const FATES: Fate[] = ["written", "refused", "lost before", "lost after"];

/** The fates given, then only success. */
const scripted = (fates: Fate[]) => () => fates.shift() ?? "written";

/** Offsets of a group's records, by their index. */
function offsetsOf({ parts }: Delivery): number[] {
  const offsets: number[] = [];
  for (const { baseOffset, ranges } of parts) {
    let offset = baseOffset;
    for (let i = 0; i < ranges.length; i += 2)
      for (let index = ranges[i]!; index < ranges[i + 1]!; index++) offsets[index] = offset++;
  }
  return offsets;
}

test("whatever fails on the way: every record is written once, in order, and its offset is told", async () => {
  await fc.assert(
    fc.asyncProperty(
      // Sizes of groups; batches take about four records.
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }),
      fc.array(fc.constantFrom(...FATES), { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 6 }),
      async (sizes, fates, maxInFlight, maxRecords) => {
        const broker = new FakeBroker(scripted([...fates]), maxRecords);
        const producer = new Producer(broker.client(), { batchSize: 100, maxInFlight });
        const values: string[] = [];
        const deliveries: Promise<Delivery>[] = [];
        for (const size of sizes) {
          const group = producer.group();
          for (let i = 0; i < size; i++) {
            values.push(`${values.length}`);
            group.append("t", 0, -1, null, values.at(-1)!);
          }
          deliveries.push(group.send());
        }
        const settled = await Promise.all(deliveries);
        await producer.close();
        expect(broker.log).toEqual(values);
        expect(settled.flatMap(offsetsOf)).toEqual(values.map(Number));
        expect(producer.bufferedBytes).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test("a batch that fails for good does not stop those behind it", async () => {
  // The second batch runs out of attempts: the third goes under a new epoch, from sequence 0.
  const fates: Fate[] = ["written", "refused", "refused"];
  const broker = new FakeBroker(scripted(fates));
  const producer = new Producer(broker.client(), { retries: 1, batchSize: 80 });
  const outcomes: (string | undefined)[] = [];
  for (const value of ["a", "b", "c", "d"]) {
    const group = producer.group();
    group.append("t", 0, -1, null, value);
    outcomes.push((await group.send()).error?.code);
  }
  await producer.close();
  expect(outcomes).toEqual([undefined, "NOT_LEADER_OR_FOLLOWER", undefined, undefined]);
  expect(broker.log).toEqual(["a", "c", "d"]);
});

test("an observer hears of requests, repeats and failures", async () => {
  const fates: Fate[] = ["written", "refused", "refused", "lost before"];
  const broker = new FakeBroker(scripted(fates));
  const seen = { sent: 0, bytes: 0, requests: 0, answers: 0, retried: 0, failed: 0 };
  const observer = {
    requestSent: (records: number, batchBytes: readonly number[]) => {
      seen.requests++;
      seen.sent += records;
      for (const bytes of batchBytes) seen.bytes += bytes;
    },
    requestEnded: () => void seen.answers++,
    retried: (records: number) => void (seen.retried += records),
    failed: (records: number) => void (seen.failed += records),
  };
  const producer = new Producer(broker.client(), { retries: 1, batchSize: 80, observer });
  for (const value of ["a", "b", "c"]) {
    const group = producer.group();
    group.append("t", 0, -1, null, value);
    await group.send();
  }
  await producer.close();
  // b is refused twice and given up; c is lost once.
  expect(seen).toMatchObject({ sent: 5, requests: 5, answers: 5, retried: 2, failed: 1 });
  expect(seen.bytes).toBeGreaterThan(5 * 61);
});

test("flush waits for what was appended before it, not for what comes after", async () => {
  const broker = new FakeBroker(() => "written");
  const producer = new Producer(broker.client(), { lingerMs: 60_000 });
  const first = producer.group();
  first.append("t", 0, -1, null, "a");
  const delivery = first.send();
  await producer.flush();
  expect((await delivery).error).toBeUndefined();
  const second = producer.group();
  second.append("t", 0, -1, null, "b");
  const late = second.send();
  expect(broker.log).toEqual(["a"]);
  await producer.close();
  expect((await late).error).toBeUndefined();
});

test("ready waits while bufferMemory is held, and ends with the caller's signal", async () => {
  let stuck = true;
  const broker = new FakeBroker(() => (stuck ? "refused" : "written"));
  const producer = new Producer(broker.client(), { bufferMemory: 100, retryBackoffMs: 1 });
  await producer.ready();
  const group = producer.group();
  group.append("t", 0, -1, null, "a");
  const delivery = group.send();
  const reason = new Error("stop");
  const stop = new AbortController();
  const waiting = producer.ready(stop.signal);
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  const ready = producer.ready();
  stuck = false;
  await ready;
  expect((await delivery).error).toBeUndefined();
  await producer.close();
});

test("whoever looks before each record holds no more than bufferMemory and one batch", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 20_000 }),
      fc.option(fc.integer({ min: 0, max: 50_000 }), { nil: undefined }),
      fc.constantFrom("none", "gzip"),
      fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 100 }),
      async (bufferMemory, batchSize, compression, sizes) => {
        const broker = new FakeBroker(() => "written");
        const options = {
          bufferMemory,
          compression,
          ...(batchSize !== undefined && { batchSize }),
        };
        const producer = new Producer(broker.client(), options);
        const written: string[] = [];
        const refusals: string[] = [];
        const group = producer.group();
        for (const [i, size] of sizes.entries()) {
          const value = `${i} `.padEnd(size, "x");
          if (producer.isFull) await producer.ready();
          try {
            group.append("t", 0, -1, null, value);
            written.push(value);
          } catch (error) {
            refusals.push(String(error));
          }
          const one = Math.max(producer.options.batchSize, value.length + 100, 512);
          expect(producer.bufferedBytes).toBeLessThan(bufferMemory + one);
        }
        expect((await group.send()).error).toBeUndefined();
        await producer.close();
        expect(broker.log).toEqual(written);
        const tooLarge: unknown = expect.stringMatching(/more than buffer\.memory \(\d+\); raise/);
        expect(refusals).toEqual(refusals.map(() => tooLarge));
        expect(producer.isFull).toBe(false);
      },
    ),
    // The example: a record just above the batch size.
    { numRuns: 100, examples: [[258, 257, "none", [0, 188, 0]]] },
  );
});

test("a larger max.request.size does not make every batch, and every spare buffer, larger", () => {
  const client = new FakeBroker(() => "written").client();
  const producer = new Producer(client, { maxRequestSize: 60_000_000, bufferMemory: 100_000_000 });
  expect(producer.options.batchSize).toBeLessThan(1_048_576);
});

test("memory is given back to the last byte, however batches grew, were packed or split", async () => {
  for (const compression of ["none", "gzip", "lz4"] as const) {
    const broker = new FakeBroker(() => "written", 50);
    const producer = new Producer(broker.client(), { compression });
    const group = producer.group();
    for (let i = 0; i < 500; i++) group.append("t", 0, -1, null, `${i}`.padEnd(200));
    expect(producer.bufferedBytes).toBeGreaterThan(100_000);
    expect((await group.send()).error).toBeUndefined();
    expect(producer.bufferedBytes).toBe(0);
    await producer.close();
  }
});

test("a group without records is delivered at once, and a group that was sent takes no more", async () => {
  const producer = new Producer(new FakeBroker(() => "written").client());
  const group = producer.group();
  expect(await group.send()).toEqual({ parts: [] });
  expect(() => group.append("t", 0, -1, null, "a")).toThrow(/was sent/);
  await producer.close();
});

test.each([-2, 0.5 - 1, Number.NaN, 2 ** 53, Infinity])(
  "the timestamp %d is refused",
  async (time) => {
    const producer = new Producer(new FakeBroker(() => "written").client());
    expect(() => producer.group().append("t", 0, time, null, "a")).toThrow(/Invalid timestamp/);
    expect(producer.bufferedBytes).toBe(0);
    await producer.close();
  },
);
