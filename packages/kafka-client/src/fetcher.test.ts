import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { buildBatch } from "../test/support/batch-builder.ts";
import { FakeFetchClient } from "../test/support/fake-fetch-client.ts";
import { KafkaError } from "./errors.ts";
import { Fetcher } from "./fetcher.ts";
import type { FetcherOptions } from "./fetcher-options.ts";
import { protocolErrors } from "./protocol.ts";
import type { FetchedRecords } from "./record-batch/decode.ts";

const T0 = { topic: "t", partition: 0 };
const T1 = { topic: "t", partition: 1 };
let fake: FakeFetchClient;
let fetcher: Fetcher;

beforeEach(() => {
  fake = new FakeFetchClient();
});
afterEach(() => fetcher.close());

function start(options: FetcherOptions = {}, offset = 0, leaderEpoch = -1): void {
  fetcher = new Fetcher(fake.client(), { offsetReset: "earliest", ...options });
  fetcher.assign([{ ...T0, offset, leaderEpoch }]);
}

const batch = (from: number, to: number, leaderEpoch = 0): Buffer =>
  buildBatch({
    records: Array.from({ length: to - from }, (_, i) => ({ offset: from + i, value: "x" })),
    leaderEpoch,
  });
const offsets = (chunks: FetchedRecords[]): number[] =>
  chunks.flatMap((chunk) => [...chunk.offsets.subarray(0, chunk.length)]);
const code = (name: string): number => protocolErrors[name]!.code;
const asked = async (call: number) => (await fake.call(call)).request.topics[0]?.partitions[0];

describe("fetching ahead", () => {
  test("the next request leaves when an answer has arrived, before anyone polls", async () => {
    start();
    const first = await fake.call(0);
    await first.answer({ batches: [batch(0, 10, 3)] });
    expect(fake.calls).toHaveLength(2);
    expect(await asked(1)).toMatchObject({ offset: 10, lastEpoch: 3 });
    expect(fetcher.position(T0)).toBe(0);
    expect(offsets(await fetcher.poll(4, 100))).toEqual([0, 1, 2, 3]);
    expect(fetcher.committable(T0)).toEqual({ offset: 4, leaderEpoch: 3 });
  });

  test("stops when the buffer is full, and goes on when it was read", async () => {
    const bytes = batch(0, 10).length;
    start({ maxBytes: bytes, maxBufferedBytes: 3 * bytes });
    for (let i = 0; i < 3; i++)
      await (await fake.call(i)).answer({ batches: [batch(10 * i, 10 * i + 10)] });
    expect(fetcher.bufferedBytes).toBe(3 * bytes);
    expect(fake.calls).toHaveLength(3);
    expect(offsets(await fetcher.poll(10, 100))).toHaveLength(10);
    expect(fake.calls).toHaveLength(3);
    // That the first answer is used up shows when more is taken.
    expect(offsets(await fetcher.poll(1, 100))).toEqual([10]);
    expect(await asked(3)).toMatchObject({ offset: 30 });
  });

  test("an answer counts whole until its last part is read, as all of it stays in memory", async () => {
    const bytes = batch(0, 10).length;
    start({ maxBytes: 2 * bytes, maxBufferedBytes: 4 * bytes });
    fetcher.assign([{ ...T1, offset: 0 }]);
    await (await fake.call(0)).answer({ batches: [batch(0, 10)] });
    const both = [{ batches: [batch(10, 20)] }, { partition: 1, batches: [batch(0, 10)] }];
    await (await fake.call(1)).answer(...both);
    fetcher.pause([T1]);
    expect(offsets(await fetcher.poll(20, 100))).toHaveLength(20);
    await fetcher.poll(1, 0);
    // The part of partition 0 is read; partition 1 keeps the buffer of both.
    expect(fetcher.bufferedBytes).toBe(2 * bytes);
    fetcher.resume([T1]);
    expect(offsets(await fetcher.poll(20, 100))).toHaveLength(10);
    await fetcher.poll(1, 0);
    expect(fetcher.bufferedBytes).toBe(0);
  });

  test("a seek drops what is buffered and what is under way", async () => {
    start();
    await (await fake.call(0)).answer({ batches: [batch(0, 10)] });
    fetcher.seek(T0, 500);
    expect(fetcher.bufferedBytes).toBe(0);
    await (await fake.call(1)).answer({ batches: [batch(10, 20)] });
    expect(await asked(2)).toMatchObject({ offset: 500, lastEpoch: -1 });
    await (await fake.call(2)).answer({ batches: [batch(500, 501)] });
    expect(offsets(await fetcher.poll(99, 100))).toEqual([500]);
  });

  test("a poll that only passed markers returns at once, further on", async () => {
    start();
    const marker = buildBatch({
      records: [],
      baseOffset: 0,
      lastOffset: 0,
      producerId: 1,
      transactional: true,
      control: "commit",
    });
    await (await fake.call(0)).answer({ batches: [marker] });
    expect(await fetcher.poll(10, 60_000)).toEqual([]);
    expect(fetcher.position(T0)).toBe(1);
  });
});

describe("a position that the log does not have", () => {
  const outOfRange = { errorCode: code("OFFSET_OUT_OF_RANGE") };

  test("what is buffered is handed out first; then the policy decides", async () => {
    start();
    await (await fake.call(0)).answer({ batches: [batch(0, 2)] });
    await (await fake.call(1)).answer(outOfRange);
    fake.listed = { offset: 77, leaderEpoch: 5 };
    expect(fetcher.position(T0)).toBe(0);
    expect(offsets(await fetcher.poll(10, 100))).toEqual([0, 1]);
    const polled = fetcher.poll(10, 1000);
    expect(await asked(2)).toMatchObject({ offset: 77, lastEpoch: 5 });
    await (await fake.call(2)).answer({ batches: [batch(77, 78)] });
    expect(offsets(await polled)).toEqual([77]);
    expect(fake.logged.join()).toMatch(/OFFSET_OUT_OF_RANGE.*going on by the reset policy/);
  });

  test("without a policy every poll says so, until a seek", async () => {
    start({ offsetReset: "none" }, 5);
    await (await fake.call(0)).answer(outOfRange);
    for (let i = 0; i < 2; i++)
      await expect(fetcher.poll(10, 100)).rejects.toMatchObject({ code: "OFFSET_OUT_OF_RANGE" });
    expect(fetcher.position(T0)).toBeUndefined();
    fetcher.seek(T0, 6);
    expect(await asked(1)).toMatchObject({ offset: 6 });
  });
});

describe("a log that was cut (unclean leader election)", () => {
  const cut = { diverging: { epoch: 3, endOffset: 40 } };

  test("the broker is told the epoch of the record before, as it was committed", async () => {
    start({}, 50, 4);
    expect(await asked(0)).toMatchObject({ offset: 50, lastEpoch: 4 });
  });

  test("reading goes on where the histories part, with a warning", async () => {
    start({}, 50, 4);
    await (await fake.call(0)).answer(cut);
    const polled = fetcher.poll(10, 1000);
    expect(await asked(1)).toMatchObject({ offset: 40 });
    await (await fake.call(1)).answer({ batches: [batch(40, 41)] });
    expect(offsets(await polled)).toEqual([40]);
    expect(fake.logged.join()).toMatch(/t-0 from offset 40 on were lost.*going on there/);
  });

  test("without a reset policy it is an error", async () => {
    start({ offsetReset: "none" }, 50, 4);
    await (await fake.call(0)).answer(cut);
    await expect(fetcher.poll(10, 100)).rejects.toMatchObject({ code: "LOG_TRUNCATION" });
  });
});

test("a lookup whose time comes between two looks at the clock is not forgotten", async () => {
  // Timers end up to a millisecond early by the clock, which then goes on while they are handled.
  let now = 1000;
  let steps = false;
  const { setTimeout } = globalThis;
  const timers = vi.spyOn(globalThis, "setTimeout").mockImplementation((run, ms) =>
    setTimeout(() => {
      steps = true;
      run();
    }, ms),
  );
  const clock = vi.spyOn(Date, "now").mockImplementation(() => {
    const seen = now;
    if (steps) now++;
    steps = false;
    return seen;
  });
  try {
    fake.listedErrorCode = code("LEADER_NOT_AVAILABLE");
    fetcher = new Fetcher(fake.client(), { offsetReset: "earliest" });
    fetcher.assign([T0]);
    await new Promise((resolve) => setImmediate(resolve));
    fake.listedErrorCode = 0;
    expect(await asked(0)).toMatchObject({ offset: 0 });
  } finally {
    timers.mockRestore();
    clock.mockRestore();
  }
});

describe("leaders", () => {
  const moved = { errorCode: code("NOT_LEADER_OR_FOLLOWER") };

  test("one that moved: metadata is loaded anew, then the new one is asked", async () => {
    start();
    const first = await fake.call(0);
    fake.lead(2, 1);
    await first.answer(moved);
    expect(fake.refreshes).toBe(1);
    const next = await fake.call(1);
    expect(next.nodeId).toBe(2);
    expect(await asked(1)).toMatchObject({ leaderEpoch: 1, offset: 0 });
  });

  test("one that the old one names is asked at once (KIP-951)", async () => {
    start();
    await (await fake.call(0)).answer({ ...moved, currentLeader: { leader: 2, leaderEpoch: 9 } });
    expect(fake.calls[1]).toMatchObject({ nodeId: 2 });
    expect(fake.refreshes).toBe(0);
  });

  test("a broken connection: metadata is loaded, and the same offset asked for again", async () => {
    start();
    await (await fake.call(0)).answer({ batches: [batch(0, 5)] });
    await (await fake.call(1)).fail(new KafkaError("DISCONNECTED", "gone"));
    expect(fake.refreshes).toBe(1);
    expect(await asked(2)).toMatchObject({ offset: 5 });
    await (await fake.call(2)).answer({ batches: [batch(5, 6)] });
    expect(offsets(await fetcher.poll(99, 100))).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("what no repetition heals is thrown once, and tried again", async () => {
    start();
    await (await fake.call(0)).fail(new KafkaError("SASL_AUTHENTICATION_FAILED", "wrong password"));
    await expect(fetcher.poll(10, 100)).rejects.toMatchObject({
      code: "SASL_AUTHENTICATION_FAILED",
    });
    await (await fake.call(1)).answer({ batches: [batch(0, 1)] });
    expect(offsets(await fetcher.poll(10, 1000))).toEqual([0]);
  });

  test("a closer replica is read from while it answers (KIP-392)", async () => {
    start({ rackId: "here" });
    await (await fake.call(0)).answer({ preferredReplica: 2 });
    expect(fake.calls[1]).toMatchObject({ nodeId: 2, request: { rackId: "here" } });
    await (await fake.call(1)).answer({ batches: [batch(0, 3)] });
    expect(fake.calls[2]).toMatchObject({ nodeId: 2 });
    await (await fake.call(2)).answer({ errorCode: code("OFFSET_OUT_OF_RANGE") });
    // It may merely lag: the leader knows.
    expect((await fake.call(3)).nodeId).toBe(1);
    expect(await asked(3)).toMatchObject({ offset: 3 });
  });
});

test("an error of one partition is thrown once; then it is tried again", async () => {
  start();
  await (await fake.call(0)).answer({ errorCode: code("TOPIC_AUTHORIZATION_FAILED") });
  await expect(fetcher.poll(10, 100)).rejects.toMatchObject({
    code: "TOPIC_AUTHORIZATION_FAILED",
    message: expect.stringContaining("give the client's principal access") as string,
  });
  const polled = fetcher.poll(10, 1000);
  await (await fake.call(1)).answer({ batches: [batch(0, 1)] });
  expect(offsets(await polled)).toEqual([0]);
});
