import type { ProtocolApi } from "../connection/connection.ts";
import { createAPI, Writer, type Reader } from "../protocol.ts";

/** A topic's batches of one Produce request. */
export interface ProduceTopic {
  topic: string;
  partitions: { partition: number; batch: Buffer }[];
}

export interface ProduceRequest {
  transactionalId: string | null;
  /** -1 all, 1 leader, 0 none: then there is no answer */
  acks: number;
  timeoutMs: number;
  topics: ProduceTopic[];
}

export interface ProduceResult {
  topic: string;
  partition: number;
  errorCode: number;
  errorMessage: string | null;
  baseOffset: number;
  /** -1 where the topic keeps the record's own time. */
  logAppendTimeMs: number;
  logStartOffset: number;
  /** Records that made the broker refuse the batch, by their index in it. */
  recordErrors: { index: number; message: string | null }[];
  /** Where to go instead (KIP-951, from version 10 on); -1 if the broker does not say. */
  leaderId: number;
  leaderEpoch: number;
}

/**
 * The library's own Produce codecs build the record batch as well; ours take a finished one and
 * pass it on by reference. Versions 9 to 11 write the same bytes.
 */
function createRequest(request: ProduceRequest): Writer {
  const writer = Writer.create()
    .appendString(request.transactionalId)
    .appendInt16(request.acks)
    .appendInt32(request.timeoutMs)
    .appendArray(request.topics, (w, { topic, partitions }) =>
      w.appendString(topic).appendArray(partitions, (p, { partition, batch }) =>
        p
          .appendInt32(partition)
          .appendUnsignedVarInt(batch.length + 1)
          .append(batch),
      ),
    )
    .appendTaggedFields();
  if (request.acks === 0) writer.context["noResponse"] = true;
  return writer;
}

function parseResponse(
  _id: number,
  _key: number,
  _version: number,
  reader: Reader,
): ProduceResult[] {
  const topics = reader.readArray(
    (r) => {
      const topic = r.readString();
      const results = r.readArray((p) => readPartition(p, topic), true, false);
      r.readTaggedFields();
      return results;
    },
    true,
    false,
  );
  return topics.flat();
}

function readPartition(reader: Reader, topic: string): ProduceResult {
  const result: ProduceResult = {
    topic,
    partition: reader.readInt32(),
    errorCode: reader.readInt16(),
    baseOffset: Number(reader.readInt64()),
    logAppendTimeMs: Number(reader.readInt64()),
    logStartOffset: Number(reader.readInt64()),
    recordErrors: reader.readArray((r) => ({
      index: r.readInt32(),
      message: r.readNullableString(),
    })),
    errorMessage: reader.readNullableString(),
    leaderId: -1,
    leaderEpoch: -1,
  };
  const tags = reader.readUnsignedVarInt();
  for (let i = 0; i < tags; i++) {
    const tag = reader.readUnsignedVarInt();
    const end = reader.readUnsignedVarInt() + reader.position;
    if (tag === 0) {
      result.leaderId = reader.readInt32();
      result.leaderEpoch = reader.readInt32();
    }
    reader.position = end;
  }
  return result;
}

/** Newest first. */
export const PRODUCE: readonly ProtocolApi<[ProduceRequest], ProduceResult[]>[] = [11, 10, 9].map(
  (version) =>
    createAPI<[ProduceRequest], ProduceResult[]>(0, version, createRequest, parseResponse),
);
