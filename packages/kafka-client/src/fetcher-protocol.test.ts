import {
  fetchV11,
  fetchV12,
  fetchV13,
  fetchV14,
  fetchV15,
  fetchV16,
  fetchV17,
} from "@platformatic/kafka";
import { describe, expect, test } from "vitest";
import { encodeFetchRequest, parseFetchAnswer } from "./fetcher-protocol.ts";
import type { FetchRequest } from "./fetcher-protocol.ts";
import { Reader, Writer } from "./protocol.ts";

const TOPIC_ID = "12345678-9abc-def0-1234-56789abcdef0";
const OTHER_ID = "ffffffff-0000-0000-0000-00000000abcd";

const partition = (index: number, offset: number) => ({
  partition: index,
  leaderEpoch: 7,
  offset,
  lastEpoch: 6,
  maxBytes: 1_048_576,
});

const request: FetchRequest = {
  maxWaitMs: 500,
  minBytes: 1,
  maxBytes: 8_388_608,
  readCommitted: true,
  rackId: "rack-ü",
  topics: [
    {
      topic: "orders",
      topicId: TOPIC_ID,
      partitions: [partition(0, 0), partition(200, 2 ** 40 + 3)],
    },
    { topic: "größer", topicId: OTHER_ID, partitions: [partition(1, 4_294_967_295)] },
  ],
};

/** The library's encoders are the second opinion on ours. */
const encoders = {
  11: fetchV11,
  12: fetchV12,
  13: fetchV13,
  14: fetchV14,
  15: fetchV15,
  16: fetchV16,
  17: fetchV17,
};

function encodeWithLibrary(version: keyof typeof encoders): Buffer {
  const topics = request.topics.map(({ topic, topicId, partitions }) => ({
    topicId: version >= 13 ? topicId : topic,
    partitions: partitions.map((p) => ({
      partition: p.partition,
      currentLeaderEpoch: p.leaderEpoch,
      fetchOffset: BigInt(p.offset),
      lastFetchedEpoch: p.lastEpoch,
      partitionMaxBytes: p.maxBytes,
    })),
  }));
  return encoders[version].createRequest(500, 1, 8_388_608, 1, 0, -1, topics, [], "rack-ü").buffer;
}

test.each([11, 12, 13, 14, 15, 16, 17] as const)("request version %d", (version) => {
  expect(encodeFetchRequest(request, version).toString("hex")).toBe(
    encodeWithLibrary(version).toString("hex"),
  );
});

describe("answers", () => {
  test.each([11, 12, 13, 17])("version %d", (version) => {
    const flexible = version >= 12;
    const writer = Writer.create().appendInt32(0).appendInt16(0).appendInt32(0);
    writer.appendArray(
      [0],
      (w) => {
        if (version >= 13) w.appendUUID(TOPIC_ID);
        else w.appendString("orders", flexible);
        w.appendArray(
          [0, 1],
          (p, index) => {
            p.appendInt32(index).appendInt16(index === 0 ? 0 : 6);
            p.appendInt64(2n ** 33n)
              .appendInt64(99n)
              .appendInt64(5n);
            p.appendArray(
              index === 0 ? [30n, 10n] : null,
              (a, first) => a.appendInt64(2n ** 32n + first).appendInt64(first),
              flexible,
              flexible,
            );
            p.appendInt32(index === 0 ? -1 : 3);
            p.appendBytes(index === 0 ? Buffer.from("the batches") : null, flexible);
            if (!flexible) return;
            if (index === 0) p.appendTaggedFields();
            else appendTags(p);
          },
          flexible,
          false,
        );
      },
      flexible,
      flexible,
    );
    if (flexible && version < 16) writer.appendTaggedFields();
    if (version >= 16) appendEndpoints(writer);

    const answer = parseFetchAnswer(Reader.from(writer.buffer), version);
    expect(answer.errorCode).toBe(0);
    const [first, second] = answer.partitions;
    expect(answer.buffer.toString("utf8", first!.start, first!.end)).toBe("the batches");
    expect(first).toMatchObject({
      topic: version >= 13 ? "" : "orders",
      topicId: version >= 13 ? TOPIC_ID : "",
      partition: 0,
      errorCode: 0,
      highWatermark: 2 ** 33,
      lastStableOffset: 99,
      aborted: [
        { producerId: 2 ** 32 + 10, firstOffset: 10 },
        { producerId: 2 ** 32 + 30, firstOffset: 30 },
      ],
      preferredReplica: -1,
      diverging: undefined,
    });
    expect(second).toMatchObject({
      partition: 1,
      errorCode: 6,
      aborted: null,
      preferredReplica: 3,
    });
    expect(second!.end - second!.start).toBe(0);
    expect(second?.diverging).toEqual(flexible ? { epoch: 4, endOffset: 77 } : undefined);
    expect(second?.currentLeader).toEqual(flexible ? { leader: 2, leaderEpoch: 9 } : undefined);
    const endpoints = version >= 16 ? [{ nodeId: 2, host: "h", port: 9092 }] : [];
    expect(answer.brokers).toEqual(endpoints);
  });
});

/** Diverging epoch (0), current leader (1), and a field of the future (9). */
function appendTags(writer: Writer): void {
  writer.appendUnsignedVarInt(3);
  writer.appendUnsignedVarInt(0).appendUnsignedVarInt(13);
  writer.appendInt32(4).appendInt64(77n).appendTaggedFields();
  writer.appendUnsignedVarInt(1).appendUnsignedVarInt(9);
  writer.appendInt32(2).appendInt32(9).appendTaggedFields();
  writer.appendUnsignedVarInt(9).appendUnsignedVarInt(2).appendInt16(1);
}

function appendEndpoints(writer: Writer): void {
  const endpoints = Writer.create();
  endpoints.appendArray([2], (w, id) =>
    w.appendInt32(id).appendString("h").appendInt32(9092).appendString(null),
  );
  writer.appendUnsignedVarInt(1).appendUnsignedVarInt(0).appendUnsignedVarInt(endpoints.length);
  writer.appendFrom(endpoints);
}
