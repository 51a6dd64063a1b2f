import { KafkaError } from "./errors.ts";
import type { OffsetSpec } from "./list-offsets.ts";
import type { BatchCursor } from "./record-batch/batch-cursor.ts";
import { formatTopicPartition } from "./types.ts";

/** One assigned partition: what was handed out, what is buffered, what is asked for next. */
export class FetchPartition {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the next record to hand out; undefined until a reset has found one. */
  position: number | undefined;
  /** Leader epoch of the record before `position`; -1 unknown. */
  positionEpoch = -1;
  /** Offset of the next fetch: behind what is buffered. */
  fetchOffset = -1;
  /** Leader epoch of the record before `fetchOffset`; -1 unknown. */
  fetchEpoch = -1;
  /** Where to look for a position, while there is none. */
  resetTo: OffsetSpec | undefined;
  /**
   * The broker does not have `fetchOffset`, has another history there, or another topic of that name. Acted on once what is
   * buffered has been handed out: the position lies within the log until then.
   */
  lost: { error: KafkaError; divergesAt?: number } | undefined;
  /** Of the topic that the position lies in; "" until it is known. */
  topicId = "";
  paused = false;
  /** Grows with every seek: answers to requests from before it are dropped. */
  epoch = 0;
  /** Arrived, not handed out, in order. */
  readonly buffered: BatchCursor[] = [];
  /** Epoch milliseconds before which it is not asked for again, after an error. */
  notBefore = 0;
  /** For the next poll to throw. */
  error: KafkaError | undefined;
  highWatermark = -1;
  lastStableOffset = -1;
  /** The replica that a broker told us to read from (KIP-392), and until when we believe it. */
  replica = -1;
  replicaUntil = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Goes on at `offset`; what is buffered or under way for another place is dropped. */
  seek(offset: number, leaderEpoch = -1): void {
    this.#restart();
    this.position = this.fetchOffset = offset;
    this.positionEpoch = this.fetchEpoch = leaderEpoch;
  }

  /** Has no position until one was looked up. */
  reset(to: OffsetSpec): void {
    this.#restart();
    this.position = undefined;
    this.topicId = "";
    this.resetTo = to;
  }

  /** Has no position and no way to find one: every poll throws until a seek. */
  fail(error: KafkaError): void {
    this.#restart();
    this.position = undefined;
    this.topicId = "";
    this.error = error;
  }

  /**
   * Compares the topic with the one that the position was found in. After it was deleted and made
   * anew, its records are others, whatever their offsets (KIP-516).
   * @param topicId as metadata say by now; "" where they do not know it
   */
  checkTopic(topicId: string): void {
    if (topicId === "" || this.position === undefined || this.topicId === topicId) return;
    if (this.topicId === "") {
      this.topicId = topicId;
      return;
    }
    const { topic, partition } = this;
    const where = formatTopicPartition(topic, partition);
    const error = new KafkaError(
      "UNKNOWN_TOPIC_ID",
      `Topic ${topic} was deleted and made anew after ${where} was read up to ${this.fetchOffset}; seek to where its new records are to be read from`,
      { topic, partition, retriable: false },
    );
    this.lost = { error };
  }

  /** Hands its error to a poll. One that only a seek can heal stays for the next poll. */
  takeError(): KafkaError | undefined {
    const { error } = this;
    if (this.position !== undefined || this.resetTo !== undefined) this.error = undefined;
    return error;
  }

  #restart(): void {
    this.epoch++;
    this.buffered.length = 0;
    this.resetTo = undefined;
    this.lost = undefined;
    this.error = undefined;
    this.notBefore = 0;
  }
}
