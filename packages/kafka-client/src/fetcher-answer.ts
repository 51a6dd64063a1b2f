import { KafkaError, errorName, protocolError } from "./errors.ts";
import type { FetchPartition } from "./fetcher-partition.ts";
import type { FetchAnswer, FetchAnswerPartition } from "./fetcher-protocol.ts";
import { BatchCursor, fetchEnd } from "./record-batch/batch-cursor.ts";
import { formatTopicPartition } from "./types.ts";

/** What a request asked of a partition; an answer counts only if it still is what we want. */
export interface Asked {
  state: FetchPartition;
  /** `state.epoch` when it was asked. */
  epoch: number;
  offset: number;
}

export interface AnswerOptions {
  checkCrcs: boolean;
  /** Epoch milliseconds. */
  now: number;
  retryBackoffMs: number;
  replicaMaxAgeMs: number;
}

/** How a partition's part of an answer changes what the fetcher does next. */
export type Outcome =
  | "buffered"
  | "empty"
  /** Leader or topic id are not what we think: metadata has to be loaded anew. */
  | "stale"
  | "failed";

/** Errors that heal by themselves once metadata is fresh (Java: FetchCollector.handleInitializeErrors). */
const STALE = new Set([
  "NOT_LEADER_OR_FOLLOWER",
  "REPLICA_NOT_AVAILABLE",
  "KAFKA_STORAGE_ERROR",
  "FENCED_LEADER_EPOCH",
  "OFFSET_NOT_AVAILABLE",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNKNOWN_TOPIC_ID",
  "INCONSISTENT_TOPIC_ID",
  "UNKNOWN_LEADER_EPOCH",
  "LEADER_NOT_AVAILABLE",
  "UNKNOWN_SERVER_ERROR",
]);

/** Takes one partition's part of an answer into its state. */
export function acceptAnswer(
  { state, epoch, offset }: Asked,
  part: FetchAnswerPartition,
  answer: FetchAnswer,
  options: AnswerOptions,
): Outcome {
  if (state.epoch !== epoch) return "empty";
  if (part.errorCode !== 0) return acceptError(state, offset, part, options);

  state.highWatermark = part.highWatermark;
  state.lastStableOffset = part.lastStableOffset;
  if (part.preferredReplica >= 0) {
    state.replica = part.preferredReplica;
    state.replicaUntil = options.now + options.replicaMaxAgeMs;
  }
  if (part.diverging !== undefined)
    return acceptDivergence(state, offset, part.diverging.endOffset);
  if (part.end === part.start) return "empty";

  const end = fetchEnd(answer.buffer, part.start, part.end);
  if (end === undefined) {
    state.error = cutShort(state, offset, part.end - part.start);
    return "failed";
  }
  const { topic, partition } = state;
  const { buffer } = answer;
  const data = {
    topic,
    partition,
    buffer,
    start: part.start,
    end: part.end,
    aborted: part.aborted,
  };
  state.buffered.push(new BatchCursor(data, offset, options.checkCrcs));
  state.fetchOffset = Math.max(offset, end.nextOffset);
  state.fetchEpoch = end.leaderEpoch;
  return "buffered";
}

function acceptError(
  state: FetchPartition,
  offset: number,
  part: FetchAnswerPartition,
  { now, retryBackoffMs }: AnswerOptions,
): Outcome {
  const code = errorName(part.errorCode);
  const { topic, partition } = state;
  state.notBefore = now + retryBackoffMs;
  if (state.replica >= 0) {
    // A follower may lag, or be gone: the leader knows better.
    state.replica = -1;
    return "empty";
  }
  if (STALE.has(code)) return "stale";
  const error = protocolError(part.errorCode, `fetch from offset ${offset} of`, {
    topic,
    partition,
  });
  if (code === "OFFSET_OUT_OF_RANGE") state.lost = { error };
  else state.error = error;
  return "failed";
}

/**
 * The record before our offset is not the one the leader has there: after an unclean election the
 * log was cut. An end at or behind our offset is no loss, only an epoch the leader forgot.
 */
function acceptDivergence(state: FetchPartition, offset: number, endOffset: number): Outcome {
  const { topic, partition } = state;
  if (endOffset >= offset) {
    state.fetchEpoch = -1;
    return "empty";
  }
  const where = formatTopicPartition(topic, partition);
  const error = new KafkaError(
    "LOG_TRUNCATION",
    `Records of ${where} from offset ${endOffset} on were lost by the cluster (unclean leader election) ` +
      `after they were read up to ${offset}; seek to ${endOffset} to read what stands there now`,
    { topic, partition, retriable: false },
  );
  state.lost = { error, divergesAt: endOffset };
  return "failed";
}

function cutShort(state: FetchPartition, offset: number, bytes: number): KafkaError {
  const { topic, partition } = state;
  return new KafkaError(
    "RECORD_TOO_LARGE",
    `Could not fetch from ${formatTopicPartition(topic, partition)}: its answer of ${bytes} bytes ` +
      `holds no complete batch at offset ${offset}; raise max.partition.fetch.bytes`,
    { topic, partition, retriable: false },
  );
}
