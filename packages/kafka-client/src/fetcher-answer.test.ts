import { beforeEach, describe, expect, test } from "vitest";
import { buildBatch } from "../test/support/batch-builder.ts";
import { acceptAnswer } from "./fetcher-answer.ts";
import { FetchPartition } from "./fetcher-partition.ts";
import type { FetchAnswer, FetchAnswerPartition } from "./fetcher-protocol.ts";
import { protocolErrors } from "./protocol.ts";

let state: FetchPartition;
beforeEach(() => {
  state = new FetchPartition("t", 1);
  state.seek(10, 4);
});

const options = { checkCrcs: true, now: 1000, retryBackoffMs: 100, replicaMaxAgeMs: 500 };

function accept(part: Partial<FetchAnswerPartition>, buffer: Buffer = Buffer.alloc(0)): string {
  const whole: FetchAnswerPartition = {
    topic: "t",
    topicId: "",
    partition: 1,
    errorCode: 0,
    highWatermark: 50,
    lastStableOffset: 40,
    logStartOffset: 0,
    aborted: null,
    preferredReplica: -1,
    diverging: undefined,
    currentLeader: undefined,
    start: 0,
    end: buffer.length,
    ...part,
  };
  const answer: FetchAnswer = { errorCode: 0, buffer, partitions: [whole], brokers: [] };
  return acceptAnswer(
    { state, epoch: state.epoch, offset: state.fetchOffset },
    whole,
    answer,
    options,
  );
}

const errorCode = (name: string): number => protocolErrors[name]!.code;

test("data is buffered; the next fetch goes on behind it, the position stays", () => {
  const records = [{ offset: 10 }, { offset: 11 }];
  const buffer = Buffer.concat([
    buildBatch({ records, leaderEpoch: 5, lastOffset: 19 }),
    buildBatch({ records: [{ offset: 20 }] }).subarray(0, 65),
  ]);
  expect(accept({}, buffer)).toBe("buffered");
  expect(state).toMatchObject({
    position: 10,
    fetchOffset: 20,
    fetchEpoch: 5,
    highWatermark: 50,
    lastStableOffset: 40,
  });
  expect(state.buffered[0]?.next(9)?.length).toBe(2);
});

test("an answer from before a seek is dropped", () => {
  const buffer = buildBatch({ records: [{ offset: 10 }] });
  const asked = { state, epoch: state.epoch, offset: 10 };
  state.seek(99);
  const part = { errorCode: 1 } as FetchAnswerPartition;
  const answer = { errorCode: 0, buffer, partitions: [part], brokers: [] };
  expect(acceptAnswer(asked, part, answer, options)).toBe("empty");
  expect(state).toMatchObject({ position: 99, lost: undefined, buffered: [] });
});

test("nothing new is no event", () => {
  expect(accept({})).toBe("empty");
});

test.each([
  "NOT_LEADER_OR_FOLLOWER",
  "LEADER_NOT_AVAILABLE",
  "REPLICA_NOT_AVAILABLE",
  "KAFKA_STORAGE_ERROR",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
  "OFFSET_NOT_AVAILABLE",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNKNOWN_TOPIC_ID",
  "INCONSISTENT_TOPIC_ID",
  "UNKNOWN_SERVER_ERROR",
])("%s calls for fresh metadata and another try after the back-off", (code) => {
  expect(accept({ errorCode: errorCode(code) })).toBe("stale");
  expect(state).toMatchObject({ position: 10, error: undefined, notBefore: 1100 });
});

test.each(["TOPIC_AUTHORIZATION_FAILED", "CORRUPT_MESSAGE", "UNSUPPORTED_COMPRESSION_TYPE"])(
  "%s is for the poll to throw, once",
  (code) => {
    expect(accept({ errorCode: errorCode(code) })).toBe("failed");
    const error = state.takeError();
    expect(error).toMatchObject({ code, topic: "t", partition: 1 });
    expect(error?.message).toContain("fetch from offset 10 of t-1");
    expect(state.takeError()).toBeUndefined();
  },
);

test("out of range waits until what is buffered was handed out", () => {
  accept({}, buildBatch({ records: [{ offset: 10 }] }));
  expect(accept({ errorCode: errorCode("OFFSET_OUT_OF_RANGE") })).toBe("failed");
  expect(state.lost?.error).toMatchObject({ code: "OFFSET_OUT_OF_RANGE" });
  expect(state.error).toBeUndefined();
  expect(state.buffered).toHaveLength(1);
});

test("an answer without one complete batch is an error, not an endless loop", () => {
  expect(accept({}, buildBatch({ records: [{ offset: 10 }] }).subarray(0, 65))).toBe("failed");
  expect(state.takeError()?.message).toMatch(/65 bytes holds no complete batch at offset 10/);
});

describe("a log that was cut by an unclean election", () => {
  test("is noticed where the histories part, and named", () => {
    expect(accept({ diverging: { epoch: 3, endOffset: 8 } })).toBe("failed");
    expect(state.lost).toMatchObject({ divergesAt: 8, error: { code: "LOG_TRUNCATION" } });
    expect(state.lost?.error.message).toMatch(
      /t-1 from offset 8 on were lost.*read up to 10; seek to 8/,
    );
  });

  test("an epoch that the leader merely forgot loses nothing", () => {
    expect(accept({ diverging: { epoch: 3, endOffset: 10 } })).toBe("empty");
    expect(state).toMatchObject({ lost: undefined, fetchEpoch: -1, position: 10 });
  });
});

describe("reading from a closer replica", () => {
  test("is believed for a while", () => {
    accept({ preferredReplica: 7 });
    expect(state).toMatchObject({ replica: 7, replicaUntil: 1500 });
  });

  test("any error sends us back to the leader first", () => {
    state.replica = 7;
    expect(accept({ errorCode: errorCode("OFFSET_OUT_OF_RANGE") })).toBe("empty");
    expect(state).toMatchObject({ replica: -1, lost: undefined });
  });
});
