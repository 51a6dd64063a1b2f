import { ConnectError, DataError, SourceRecord, type SourceTask } from "@millrace/connect-api";
import { KafkaError } from "@millrace/kafka-client";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { FakeDeadLetters, toleranceFor } from "../../test/support/failed-records.ts";
import { FakeProducer } from "../../test/support/fake-producer.ts";
import { TEXT_CONVERTERS } from "../../test/support/text-converters.ts";
import { heldOf, newCounters } from "../task/counters.ts";
import { TaskLife } from "../task/life.ts";
import { Delivery } from "./delivery.ts";
import { InFlight } from "./in-flight.ts";
import { PolledRecord } from "./polled-record.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

type Fate = "good" | "filtered" | "bad";

/** A task's delivery; each record says by its key what becomes of it. */
function setUp(
  withLetters: boolean,
  task: Partial<SourceTask> = {},
  commitsFilteredOffsets = false,
) {
  const life = new TaskLife("STARTED");
  const inFlight = new InFlight("c");
  const counters = newCounters();
  const deadLetters = new FakeDeadLetters();
  const tolerance = toleranceFor(
    { "errors.tolerance": "all" },
    { signal: life.stopping, counters, deadLetters: withLetters ? deadLetters : undefined },
  );
  const producer = new FakeProducer();
  const delivery = new Delivery({
    task: task as SourceTask, // what delivery never calls is left out
    producer,
    appender: {
      append: (group, record) => {
        if (record.key === "filtered") return "filtered";
        if (record.key === "bad") {
          return tolerance.giveUp({
            stage: "VALUE_CONVERTER",
            className: "X",
            error: new DataError("bad"),
            origin: new PolledRecord(record, TEXT_CONVERTERS),
          });
        }
        group.append("t", 0, -1, null, String(record.value));
        return "appended";
      },
    },
    inFlight,
    tolerance,
    converters: TEXT_CONVERTERS,
    commitsFilteredOffsets,
    counters,
    life,
    pauseGate: async () => {},
  });
  const committed = () => Number([...inFlight.takeCommittable().values()][0]?.["position"] ?? -1);
  return { delivery, producer, deadLetters, inFlight, counters, life, committed };
}

const PARTITION = { file: "a" };

function records(fates: readonly Fate[], from = 0): SourceRecord[] {
  return fates.map(
    (fate, i) =>
      new SourceRecord({
        topic: "t",
        key: fate,
        value: from + i,
        sourcePartition: PARTITION,
        sourceOffset: { position: from + i },
      }),
  );
}

it("no offset passes a record that is neither in Kafka nor in the dead-letter topic, and the counts add up", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom<Fate>("good", "filtered", "bad"), { maxLength: 12 }), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.boolean(),
      fc.boolean(),
      fc.array(fc.oneof(fc.nat(20), fc.constant("letters" as const)), { maxLength: 60 }),
      async (polls, withLetters, commitsFiltered, script) => {
        const { delivery, producer, deadLetters, counters, committed } = setUp(
          withLetters,
          {},
          commitsFiltered,
        );
        const all = polls.flat();
        const durableLetters = new Set<number>();
        let reached = -1;
        const look = () => {
          reached = Math.max(reached, committed());
          const lost = all.filter((fate, n) => {
            if (n > reached) return false;
            if (fate === "good") return !producer.acknowledged.has(n);
            return fate === "bad" && withLetters && !durableLetters.has(n);
          });
          expect(lost).toEqual([]);
        };
        const settleLetters = async () => {
          for (const { origin } of deadLetters.letters) {
            durableLetters.add(Number((await origin.letter()).value));
          }
          deadLetters.settle();
          await turn();
        };
        let from = 0;
        for (const fates of polls) {
          await delivery.send(records(fates, from));
          from += fates.length;
        }
        for (const step of script) {
          if (step === "letters") await settleLetters();
          else producer.answer(step);
          await turn();
          look();
        }
        while (producer.held > 0) producer.answer(0);
        await settleLetters();
        await turn();
        look();
        const of = (fate: Fate) => all.filter((one) => one === fate).length;
        expect(counters).toEqual({
          read: all.length,
          written: of("good"),
          filtered: of("filtered"),
          skipped: withLetters ? 0 : of("bad"),
          deadLettered: withLetters ? of("bad") : 0,
        });
        expect(heldOf(counters)).toBe(0);
        // A record in the dead-letter topic is done; one that was dropped adds no offset, as in Java,
        // unless it is asked for.
        const done = (fate: Fate) =>
          fate === "good" || (fate === "bad" && withLetters) || commitsFiltered;
        expect(reached).toBe(all.findLastIndex(done));
      },
    ),
    { numRuns: 150 },
  );
});

it("with source.filtered.offsets=commit polls of which nothing is left move the offset on, in their turn", async () => {
  const told: unknown[] = [];
  const commitRecord = ({ value }: SourceRecord) => void told.push(value);
  const { delivery, producer, inFlight, committed } = setUp(false, { commitRecord }, true);
  await delivery.send(records(["filtered", "bad"]));
  expect(committed()).toBe(1);
  await delivery.send(records(["good", "filtered"], 2));
  await delivery.send(records(["filtered"], 4));
  // The good one is not in Kafka yet.
  expect(committed()).toBe(-1);
  producer.answer(0);
  await inFlight.drained();
  expect(committed()).toBe(4);
  expect(new Set(told)).toEqual(new Set([0, 1, 2, 3, 4]));
});

it("the task hears of a record that was given up once its letter is durable", async () => {
  const told: unknown[] = [];
  const commitRecord = ({ value }: SourceRecord, metadata: unknown) =>
    void told.push([value, metadata === null]);
  const { delivery, producer, deadLetters } = setUp(true, { commitRecord });
  await delivery.send(records(["good", "bad"]));
  producer.answer(0);
  await turn();
  expect(told).toEqual([[0, false]]);
  deadLetters.settle();
  await turn();
  expect(told).toEqual([
    [0, false],
    [1, true],
  ]);
});

it("a letter that cannot be written fails the task, and nothing from it on is committed", async () => {
  const { delivery, producer, deadLetters, life, counters, committed } = setUp(true);
  await delivery.send(records(["good", "bad", "good"]));
  producer.answer(0);
  producer.answer(0);
  deadLetters.settle(new ConnectError("refused"));
  await turn();
  expect(() => life.throwIfFailed()).toThrow("refused");
  expect(committed()).toBe(0);
  expect(heldOf(counters)).toBe(1);
});

it("what the brokers refuse for good goes the same way (KAFKA_PRODUCE)", async () => {
  const told: unknown[] = [];
  const commitRecord = ({ value }: SourceRecord, metadata: unknown) =>
    void told.push([value, metadata === null]);
  const { delivery, producer, deadLetters, counters, committed } = setUp(true, { commitRecord });
  await delivery.send(records(["good", "good"]));
  const refused = new KafkaError("MESSAGE_TOO_LARGE", "too large");
  producer.answer(0);
  producer.answer(0, refused);
  await turn();
  expect(deadLetters.letters).toMatchObject([
    {
      stage: "KAFKA_PRODUCE",
      className: "org.apache.kafka.connect.runtime.WorkerSourceTask",
      error: refused,
    },
    { stage: "KAFKA_PRODUCE" },
  ]);
  expect([committed(), told]).toEqual([-1, []]);
  deadLetters.settle();
  await turn();
  expect(committed()).toBe(1);
  expect(told).toEqual([
    [0, true],
    [1, true],
  ]);
  expect(counters).toMatchObject({ read: 2, written: 0, skipped: 0, deadLettered: 2 });
});

it("and is skipped where there is no such topic, which the task hears too", async () => {
  const told: unknown[] = [];
  const commitRecord = (_: SourceRecord, metadata: unknown) => void told.push(metadata);
  const { delivery, producer, counters, committed } = setUp(false, { commitRecord });
  await delivery.send(records(["good"]));
  producer.answer(0, new KafkaError("MESSAGE_TOO_LARGE", "too large"));
  await turn();
  expect([committed(), told]).toEqual([0, [null]]);
  expect(counters).toMatchObject({ read: 1, written: 0, skipped: 1 });
});
