import { type Logger, SourceRecord, type SourceTask } from "@millrace/connect-api";
import { KafkaError, type ProduceGroup, ProducerFenced } from "@millrace/kafka-client";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { newCounters } from "../task/counters.ts";
import { TaskMeasures } from "../task/measures.ts";
import { TaskLife } from "../task/life.ts";
import { ExactlyOnceDelivery } from "./delivery-exactly-once.ts";
import type { TransactionBoundary } from "./transaction-boundary.ts";

const noop = () => {};
const logger: Logger = { trace: noop, debug: noop, info: noop, warn: noop, error: noop };

/** What is committed in Kafka; outlives the tasks that write it. */
class Broker {
  readonly records: number[] = [];
  offset = -1;
  transactions = 0;
}

/** Writes into a broker as a transactional producer does, and fails where the test says so. */
class FakeProducer {
  readonly #broker: Broker;
  #open: { records: number[]; offset: number | undefined } | undefined;
  /** Thrown by the next commits, one after the other. */
  readonly failures: KafkaError[] = [];
  /** So many records at a time. */
  room = Infinity;
  initialized = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  get isFull(): boolean {
    return (this.#open?.records.length ?? 0) >= this.room;
  }

  group(): ProduceGroup {
    let size = 0;
    return {
      get size() {
        return size;
      },
      append: (topic, _partition, _timestamp, _key, value) => {
        if (this.#open === undefined) throw new Error("No transaction was begun");
        if (topic === "offsets") this.#open.offset = Number(value);
        else this.#open.records.push(Number(value));
        size++;
      },
      send: async () => ({
        parts: [
          { topic: "t", partition: 0, baseOffset: 100, timestampMs: -1, ranges: [0, size] },
        ].filter(() => size > 0),
      }),
    };
  }

  async ready(signal?: AbortSignal): Promise<void> {
    while (this.isFull) {
      signal?.throwIfAborted();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async initTransactions(): Promise<void> {
    this.initialized++;
  }

  async beginTransaction(): Promise<void> {
    if (this.#open !== undefined) throw new Error("A transaction is open");
    this.#open = { records: [], offset: undefined };
  }

  async commitTransaction(): Promise<void> {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const { records, offset } = this.#open!;
    this.#open = undefined;
    this.#broker.records.push(...records);
    this.#broker.offset = offset ?? this.#broker.offset;
    this.#broker.transactions++;
  }

  async abortTransaction(): Promise<void> {
    this.#open = undefined;
  }
}

/** A task's delivery, with every seventh record dropped by a transformation. */
function deliveryOf(
  broker: Broker,
  boundary: TransactionBoundary,
  {
    task = {},
    isCurrent = async () => true,
    deadLetters = [],
    settled = async () => undefined,
    commitsFilteredOffsets = false,
  }: {
    task?: Partial<SourceTask>;
    isCurrent?: () => Promise<boolean>;
    deadLetters?: number[];
    settled?: () => Promise<void>;
    commitsFilteredOffsets?: boolean;
  } = {},
) {
  const life = new TaskLife("STARTED");
  const counters = newCounters();
  const producer = new FakeProducer(broker);
  const delivery = new ExactlyOnceDelivery({
    task: task as SourceTask, // what delivery never calls is left out
    producer,
    transactionalId: "group-c-0",
    transactionTimeoutMs: 60_000,
    boundary,
    appender: {
      append: (group, record) => {
        const value = Number(record.value);
        if (value % 7 === 6) return "filtered";
        if (deadLetters.includes(value)) return "dead-lettered";
        group.append("t", 0, -1, null, String(value));
        return "appended";
      },
    },
    offsets: {
      committed: noop,
      append: async (group, offsets) => {
        for (const [, offset] of offsets)
          group.append("offsets", 0, -1, null, String(offset["position"]));
      },
    },
    isCurrent,
    tolerance: { settled },
    commitsFilteredOffsets,
    counters,
    measures: new TaskMeasures(),
    life,
    logger,
  });
  return { delivery, producer, life, counters };
}

const PARTITION = { file: "a" };
const isKept = (n: number) => n % 7 !== 6;

function record(position: number): SourceRecord {
  const sourceOffset = { position };
  const value = position;
  return new SourceRecord({ topic: "t", sourcePartition: PARTITION, sourceOffset, value });
}

const records = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => record(from + i));
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => from + i).filter(isKept);

const POLL = { kind: "poll" } as const;
const CONNECTOR = { kind: "connector" } as const;
const LONG_INTERVAL = { kind: "interval", intervalMs: 1e6 } as const;

describe("records and offsets", () => {
  it("are there together or not at all, wherever the task ends and begins again", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<TransactionBoundary>(POLL, LONG_INTERVAL, CONNECTOR),
        fc.array(
          fc.record({
            polls: fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 5 }),
            end: fc.constantFrom("kill", "stop", "pause and kill", "refuse"),
            /** After which records a connector commits that does so itself. */
            commits: fc.array(fc.boolean(), { maxLength: 20 }),
          }),
          { maxLength: 8 },
        ),
        fc.boolean(),
        async (boundary, lives, commitsFilteredOffsets) => {
          const broker = new Broker();
          for (const { polls, end, commits } of lives) {
            const { delivery, producer, life } = deliveryOf(broker, boundary, {
              commitsFilteredOffsets,
            });
            await delivery.start();
            const before = broker.records.length;
            let next = broker.offset + 1;
            if (end === "refuse") producer.failures.push(new KafkaError("INVALID_RECORD", "bad"));
            try {
              for (const count of polls) {
                const batch = records(next, count);
                next += count;
                for (const one of batch)
                  if (commits.shift() === true) delivery.transactionContext?.commitTransaction(one);
                await delivery.send(batch);
              }
              if (end === "pause and kill") await delivery.pausing();
              if (end === "stop") {
                life.stop();
                await delivery.finish(false);
              }
            } catch (error) {
              if (!(error as Error).message.includes("bad")) throw error;
              await delivery.finish(true);
              if (broker.records.length > before)
                throw new Error("A failed task has committed", { cause: error });
            } finally {
              delivery.cancel();
            }
            expect(broker.records).toEqual(numbers(0, broker.offset + 1));
            // All that was polled is there at a good end, save what a connector did not commit.
            const isSure = end === "stop" && boundary.kind !== "connector";
            expect(numbers(broker.offset + 1, isSure ? next : 0)).toEqual([]);
            // Where offsets of filtered records count, these at the end are no exception.
            const behind = isSure && commitsFilteredOffsets ? next - 1 - broker.offset : 0;
            expect(behind).toBe(0);
          }
        },
      ),
    );
  });
});

describe("transaction.boundary", () => {
  it("poll: each poll is a transaction; one without records tells the task only", async () => {
    const broker = new Broker();
    const commit = vi.fn<() => void>();
    const { delivery } = deliveryOf(broker, POLL, { task: { commit } });
    await delivery.start();
    await delivery.send(records(0, 3));
    expect(broker).toMatchObject({ records: [0, 1, 2], offset: 2, transactions: 1 });
    await delivery.send([]);
    expect(commit).toHaveBeenCalledTimes(2);
    expect(broker.transactions).toBe(1);
  });

  it("interval: by the clock, also while a poll waits", async () => {
    const broker = new Broker();
    const { delivery } = deliveryOf(broker, { kind: "interval", intervalMs: 5 });
    onTestFinished(() => delivery.cancel());
    await delivery.start();
    await delivery.send(records(0, 2));
    await delivery.send(records(2, 2));
    await vi.waitFor(() => expect(broker.records).toEqual([0, 1, 2, 3]));
    expect(broker.offset).toBe(3);
  });

  it("interval: a pause does not keep a transaction open", async () => {
    const broker = new Broker();
    const { delivery } = deliveryOf(broker, LONG_INTERVAL);
    onTestFinished(() => delivery.cancel());
    await delivery.start();
    await delivery.send(records(0, 2));
    expect(broker.records).toEqual([]);
    await delivery.pausing();
    expect(broker).toMatchObject({ records: [0, 1], offset: 1 });
  });

  it("connector: after the record or batch that it names", async () => {
    const broker = new Broker();
    const { delivery } = deliveryOf(broker, CONNECTOR);
    await delivery.start();
    const batch = records(0, 4);
    delivery.transactionContext!.commitTransaction(batch[1]);
    await delivery.send(batch);
    expect(broker).toMatchObject({ records: [0, 1], offset: 1, transactions: 1 });
    delivery.transactionContext!.commitTransaction();
    await delivery.send(records(4, 1));
    expect(broker).toMatchObject({ records: [0, 1, 2, 3, 4], offset: 4, transactions: 2 });
  });

  it("connector: what it aborts is dropped, and not read again", async () => {
    const broker = new Broker();
    const told: [number, number | null][] = [];
    const task: Partial<SourceTask> = {
      commitRecord: ({ value }, metadata) =>
        void told.push([Number(value), metadata?.offset ?? null]),
    };
    const { delivery, counters } = deliveryOf(broker, CONNECTOR, { task });
    await delivery.start();
    const batch = records(0, 4);
    delivery.transactionContext!.abortTransaction(batch[1]);
    delivery.transactionContext!.commitTransaction();
    await delivery.send(batch);
    expect(broker).toMatchObject({ records: [2, 3], offset: 3, transactions: 2 });
    expect(told).toEqual([
      [0, null],
      [1, null],
      [2, 100],
      [3, 101],
    ]);
    expect(counters).toMatchObject({ read: 4, written: 2, skipped: 2 });
  });

  it("connector: what it has not committed when the task stops is read again", async () => {
    const broker = new Broker();
    const { delivery, life } = deliveryOf(broker, CONNECTOR);
    await delivery.start();
    await delivery.send(records(0, 2));
    life.stop();
    await delivery.finish(false);
    expect(broker).toMatchObject({ records: [], offset: -1 });
  });

  it("connector: to commit and to abort the same is refused", () => {
    const { delivery } = deliveryOf(new Broker(), CONNECTOR);
    delivery.transactionContext!.commitTransaction();
    expect(() => delivery.transactionContext!.abortTransaction()).toThrow(/committed and aborted/);
  });
});

describe("commitRecord", () => {
  it("comes after the commit, with null for what was filtered; what it throws is logged", async () => {
    const broker = new Broker();
    const told: [number, number | null, number][] = [];
    const task: Partial<SourceTask> = {
      commitRecord: ({ value }, metadata) => {
        told.push([Number(value), metadata?.offset ?? null, broker.transactions]);
        if (value === 8) throw new Error("the plugin's own");
      },
    };
    const { delivery } = deliveryOf(broker, POLL, { task });
    await delivery.start();
    await delivery.send(records(5, 4));
    expect(told).toEqual([
      [5, 100, 1],
      [6, null, 1],
      [7, 101, 1],
      [8, 102, 1],
    ]);
    expect(broker.records).toEqual([5, 7, 8]);
  });
});

describe("a task that may not write", () => {
  it("does not begin when it is no longer this worker's", async () => {
    const { delivery, producer } = deliveryOf(new Broker(), POLL, { isCurrent: async () => false });
    await expect(delivery.start()).rejects.toThrow(/no longer this worker's/);
    expect(producer.initialized).toBe(1);
  });

  it("fails when it is fenced off, and says why, and what else it may be", async () => {
    const broker = new Broker();
    const { delivery, producer } = deliveryOf(broker, POLL);
    await delivery.start();
    producer.failures.push(new ProducerFenced("fenced"));
    const sent = delivery.send(records(0, 1));
    await expect(sent).rejects.toThrow(
      /group-c-0 was fenced off.*transaction\.timeout\.ms \(60000/s,
    );
    await delivery.finish(true);
    expect(broker.records).toEqual([]);
  });

  it("fails with why it did in the background, whatever is polled meanwhile", async () => {
    const { delivery, producer, life } = deliveryOf(new Broker(), {
      kind: "interval",
      intervalMs: 1,
    });
    onTestFinished(() => delivery.cancel());
    await delivery.start();
    producer.failures.push(new ProducerFenced("fenced"));
    await delivery.send(records(0, 1));
    await vi.waitFor(() => expect(life.failed).toBe(true));
    await expect(delivery.send(records(1, 1))).rejects.toThrow("group-c-0 was fenced off");
  });

  it("commits nothing after it has failed in the background, nor when it was cancelled", async () => {
    for (const end of ["fail", "cancel"] as const) {
      const broker = new Broker();
      const { delivery, life } = deliveryOf(broker, LONG_INTERVAL);
      await delivery.start();
      await delivery.send(records(0, 2));
      if (end === "fail") life.fail(new Error("x"));
      else life.cancel();
      await delivery.finish(false);
      expect(broker.records).toEqual([]);
    }
  });
});

it("a commit that was not answered is asked for again", async () => {
  const broker = new Broker();
  const { delivery, producer } = deliveryOf(broker, POLL);
  await delivery.start();
  producer.failures.push(new KafkaError("REQUEST_TIMEOUT", "late"));
  await delivery.send(records(0, 2));
  expect(broker).toMatchObject({ records: [0, 1], offset: 1, transactions: 1 });
});

it.each([
  [POLL, [0, 1]],
  // Here a part of a poll is as good as a whole one.
  [LONG_INTERVAL, [0, 1, 2, 3]],
])("stopped in the midst of a poll: %j", async (boundary, expected) => {
  const broker = new Broker();
  const { delivery, producer, life } = deliveryOf(broker, boundary);
  onTestFinished(() => delivery.cancel());
  await delivery.start();
  await delivery.send(records(0, 2));
  await delivery.pausing();
  producer.room = 2;
  const sent = delivery.send(records(2, 3));
  life.stop();
  await sent;
  await delivery.finish(false);
  expect(broker.records).toEqual(expected);
  expect(broker.offset).toBe(expected.at(-1));
});

it.each([
  [false, -1, 0],
  [true, 6, 6],
])(
  "an offset of a filtered record is in its transaction where it is to be: %s",
  async (commitsFilteredOffsets, alone, afterAbort) => {
    const broker = new Broker();
    const { delivery } = deliveryOf(broker, CONNECTOR, { commitsFilteredOffsets });
    await delivery.start();
    delivery.transactionContext!.commitTransaction();
    await delivery.send([record(6)]);
    expect(broker).toMatchObject({ records: [], offset: alone });
    const batch = [record(0), record(6)];
    delivery.transactionContext!.abortTransaction(batch[1]);
    await delivery.send(batch);
    expect(broker).toMatchObject({ records: [], offset: afterAbort });
  },
);

describe("dead letters", () => {
  it("are durable before an offset that passes them is committed", async () => {
    const broker = new Broker();
    let written: () => void = noop;
    const letter = new Promise<void>((resolve) => (written = resolve));
    const { delivery } = deliveryOf(broker, POLL, { deadLetters: [1], settled: () => letter });
    await delivery.start();
    const sent = delivery.send(records(0, 2));
    await new Promise((resolve) => setImmediate(resolve));
    expect(broker).toMatchObject({ records: [], offset: -1 });
    written();
    await sent;
    expect(broker).toMatchObject({ records: [0], offset: 1 });
  });

  it("that will never be durable fail the task, and nothing is committed", async () => {
    const broker = new Broker();
    const settled = async () => {
      throw new Error("no room for letters");
    };
    const { delivery } = deliveryOf(broker, POLL, { deadLetters: [1], settled });
    await delivery.start();
    await expect(delivery.send(records(0, 2))).rejects.toThrow("no room for letters");
    await delivery.finish(true);
    expect(broker).toMatchObject({ records: [], offset: -1 });
  });
});
