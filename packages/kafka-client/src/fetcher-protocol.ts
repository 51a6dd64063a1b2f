import type { ProtocolApi } from "./connection/connection.ts";
import { Writer, createAPI } from "./protocol.ts";
import type { Reader } from "./protocol.ts";
import { readInt64 } from "./record-batch/batch-header.ts";
import type { AbortedTransaction } from "./record-batch/batch-cursor.ts";

const FETCH = 1;

export interface FetchRequest {
  maxWaitMs: number;
  minBytes: number;
  maxBytes: number;
  readCommitted: boolean;
  rackId: string;
  /** In the order in which the broker shall fill the answer. */
  topics: FetchRequestTopic[];
}

export interface FetchRequestTopic {
  topic: string;
  /** Hyphenated, as metadata gives it; versions before 13 do without. */
  topicId: string;
  partitions: FetchRequestPartition[];
}

export interface FetchRequestPartition {
  partition: number;
  /** Fences us off a broker that knows better who leads, and the other way round; -1 unknown. */
  leaderEpoch: number;
  offset: number;
  /** Epoch of the record before `offset`: lets the broker notice a truncated log; -1 unknown. */
  lastEpoch: number;
  maxBytes: number;
}

export interface FetchAnswer {
  errorCode: number;
  /** Everything below points into this one buffer. */
  buffer: Buffer;
  partitions: FetchAnswerPartition[];
  /** Leaders that error answers name (KIP-951). */
  brokers: { nodeId: number; host: string; port: number }[];
}

export interface FetchAnswerPartition {
  /** Set up to version 12. */
  topic: string;
  /** Set from version 13. */
  topicId: string;
  partition: number;
  errorCode: number;
  highWatermark: number;
  lastStableOffset: number;
  logStartOffset: number;
  /** Ordered by first offset; null in read_uncommitted mode. */
  aborted: AbortedTransaction[] | null;
  /** Node id of a closer replica that the broker wants us to read from (KIP-392), or -1. */
  preferredReplica: number;
  /** The log was cut before our offset: this is where its history and ours part. */
  diverging: { epoch: number; endOffset: number } | undefined;
  currentLeader: { leader: number; leaderEpoch: number } | undefined;
  /** Where the record batches lie in the buffer. */
  start: number;
  end: number;
}

/** Newest first. Kafka 2.4 speaks 11, 2.7 12 (flexible), 3.1 13 (topic ids), 3.9 and 4.x 17. */
export const FETCH_APIS: readonly ProtocolApi<[FetchRequest], FetchAnswer>[] = [
  17, 16, 15, 14, 13, 12, 11,
].map((version) => {
  const flexible = version >= 12;
  return createAPI<[FetchRequest], FetchAnswer>(
    FETCH,
    version,
    (request) => Writer.create().append(encodeFetchRequest(request, version)),
    (_correlationId, _apiKey, apiVersion, reader) => parseFetchAnswer(reader, apiVersion),
    flexible,
    flexible,
  );
});

/** One allocation: a request repeats for every fetch, with a field block per partition. */
export function encodeFetchRequest(request: FetchRequest, version: number): Buffer {
  const flexible = version >= 12;
  const rack = Buffer.from(request.rackId);
  let size = 64 + rack.length;
  for (const { topic, partitions } of request.topics)
    size += 32 + (version >= 13 ? 0 : Buffer.byteLength(topic)) + partitions.length * 33;
  const out = Buffer.allocUnsafe(size);
  let at = 0;

  const length = (count: number): void => {
    if (flexible) at = writeUnsignedVarint(out, at, count + 1);
    else at = out.writeInt32BE(count, at);
  };
  const noTags = (): void => {
    if (flexible) out[at++] = 0;
  };

  if (version <= 14) at = out.writeInt32BE(-1, at); // replica id: a consumer
  at = out.writeInt32BE(request.maxWaitMs, at);
  at = out.writeInt32BE(request.minBytes, at);
  at = out.writeInt32BE(request.maxBytes, at);
  at = out.writeInt8(request.readCommitted ? 1 : 0, at);
  at = out.writeInt32BE(0, at); // no fetch session…
  at = out.writeInt32BE(-1, at); // …and none to be made (KIP-227)
  length(request.topics.length);
  for (const { topic, topicId, partitions } of request.topics) {
    if (version >= 13) at += out.write(topicId.replaceAll("-", ""), at, "hex");
    else at = writeString(out, at, topic, flexible);
    length(partitions.length);
    for (const { partition, leaderEpoch, offset, lastEpoch, maxBytes } of partitions) {
      at = out.writeInt32BE(partition, at);
      at = out.writeInt32BE(leaderEpoch, at);
      at = writeInt64(out, at, offset);
      if (flexible) at = out.writeInt32BE(lastEpoch, at);
      at = writeInt64(out, at, -1); // log start offset: only replicas tell theirs
      at = out.writeInt32BE(maxBytes, at);
      noTags();
    }
    noTags();
  }
  length(0); // partitions to forget: only with a session
  at = writeString(out, at, request.rackId, flexible);
  noTags();
  return out.subarray(0, at);
}

function writeInt64(out: Buffer, at: number, value: number): number {
  out.writeInt32BE(Math.floor(value / 4_294_967_296), at);
  return out.writeUInt32BE(value >= 0 ? value % 4_294_967_296 : value >>> 0, at + 4);
}

function writeString(out: Buffer, at: number, value: string, flexible: boolean): number {
  const length = Buffer.byteLength(value);
  const start = flexible ? writeUnsignedVarint(out, at, length + 1) : out.writeInt16BE(length, at);
  return start + out.write(value, start);
}

function writeUnsignedVarint(out: Buffer, at: number, value: number): number {
  let rest = value;
  let position = at;
  while (rest > 0x7f) {
    out[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[position++] = rest;
  return position;
}

export function parseFetchAnswer(reader: Reader, version: number): FetchAnswer {
  // The connection hands over one whole frame, so this is that frame and no copy.
  const input = new AnswerReader(reader.buffer.buffer, reader.position, version);
  input.int32(); // throttle time: the broker mutes the connection by itself
  const errorCode = input.int16();
  input.int32(); // session id
  const partitions: FetchAnswerPartition[] = [];
  for (let topics = input.length(); topics > 0; topics--) {
    const topicId = version >= 13 ? input.uuid() : "";
    const topic = version >= 13 ? "" : (input.string() ?? "");
    for (let count = input.length(); count > 0; count--)
      partitions.push(readPartition(input, topic, topicId));
    input.tags();
  }
  const brokers: FetchAnswer["brokers"] = [];
  input.tags((tag) => {
    if (tag === 0)
      for (let count = input.length(); count > 0; count--) brokers.push(readBroker(input));
  });
  return { errorCode, buffer: input.buffer, partitions, brokers };
}

function readPartition(input: AnswerReader, topic: string, topicId: string): FetchAnswerPartition {
  const partition = input.int32();
  const errorCode = input.int16();
  const highWatermark = input.int64();
  const lastStableOffset = input.int64();
  const logStartOffset = input.int64();
  const aborted = readAborted(input);
  const preferredReplica = input.int32();
  const bytes = Math.max(0, input.length());
  const start = input.position;
  input.position += bytes;
  const answer: FetchAnswerPartition = {
    topic,
    topicId,
    partition,
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    aborted,
    preferredReplica,
    diverging: undefined,
    currentLeader: undefined,
    start,
    end: start + bytes,
  };
  input.tags((tag) => {
    if (tag === 0) answer.diverging = { epoch: input.int32(), endOffset: input.int64() };
    if (tag === 1) answer.currentLeader = { leader: input.int32(), leaderEpoch: input.int32() };
  });
  return answer;
}

function readAborted(input: AnswerReader): AbortedTransaction[] | null {
  const count = input.length();
  if (count < 0) return null;
  const aborted: AbortedTransaction[] = [];
  for (let i = 0; i < count; i++) {
    aborted.push({ producerId: input.int64(), firstOffset: input.int64() });
    input.tags();
  }
  return aborted.sort((a, b) => a.firstOffset - b.firstOffset);
}

function readBroker(input: AnswerReader): { nodeId: number; host: string; port: number } {
  const broker = { nodeId: input.int32(), host: input.string() ?? "", port: input.int32() };
  input.string(); // rack
  input.tags();
  return broker;
}

/** Reads plain and flexible versions alike, straight from the frame. */
class AnswerReader {
  readonly buffer: Buffer;
  position: number;
  readonly #flexible: boolean;

  constructor(buffer: Buffer, position: number, version: number) {
    this.buffer = buffer;
    this.position = position;
    this.#flexible = version >= 12;
  }

  int16(): number {
    this.position += 2;
    return this.buffer.readInt16BE(this.position - 2);
  }

  int32(): number {
    this.position += 4;
    return this.buffer.readInt32BE(this.position - 4);
  }

  int64(): number {
    this.position += 8;
    return readInt64(this.buffer, this.position - 8);
  }

  uuid(): string {
    const hex = this.buffer.toString("hex", this.position, (this.position += 16));
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** Of an array or of bytes; -1 for null. */
  length(): number {
    return this.#flexible ? this.#unsignedVarint() - 1 : this.int32();
  }

  string(): string | null {
    const length = this.#flexible ? this.#unsignedVarint() - 1 : this.int16();
    if (length < 0) return null;
    return this.buffer.toString("utf8", this.position, (this.position += length));
  }

  /** Tagged fields end every structure of a flexible version; what `read` leaves is passed over. */
  tags(read?: (tag: number) => void): void {
    if (!this.#flexible) return;
    for (let count = this.#unsignedVarint(); count > 0; count--) {
      const tag = this.#unsignedVarint();
      const size = this.#unsignedVarint();
      const end = this.position + size;
      read?.(tag);
      this.position = end;
    }
  }

  #unsignedVarint(): number {
    let value = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = this.buffer.readUInt8(this.position++);
      value |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80 && shift < 35);
    return value >>> 0;
  }
}
