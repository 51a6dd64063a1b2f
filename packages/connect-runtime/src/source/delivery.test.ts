import { SourceRecord, type SourceTask } from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { toleranceFor } from "../../test/support/failed-records.ts";
import { FakeProducer } from "../../test/support/fake-producer.ts";
import { TEXT_CONVERTERS } from "../../test/support/text-converters.ts";
import { newCounters } from "../task/counters.ts";
import { TaskLife } from "../task/life.ts";
import { pauseGate } from "../task/pause-gate.ts";
import { Delivery } from "./delivery.ts";
import { InFlight } from "./in-flight.ts";

// A busy machine takes its time for a hundred thousand records.
vi.setConfig({ testTimeout: 60_000 });

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A task's delivery, with every seventh record dropped by a transformation. */
function deliveryOf(
  producer: FakeProducer,
  task: Partial<SourceTask> = {},
  commitsFilteredOffsets = false,
) {
  const life = new TaskLife("STARTED");
  const inFlight = new InFlight("c");
  const counters = newCounters();
  const states: string[] = [];
  const delivery = new Delivery({
    task: task as SourceTask, // what delivery never calls is left out
    producer,
    appender: {
      append: (group, record) => {
        if (Number(record.value) % 7 === 6) return "filtered";
        group.append("t", 0, -1, null, String(record.value));
        return "appended";
      },
    },
    inFlight,
    tolerance: toleranceFor({}, { signal: life.stopping }),
    converters: TEXT_CONVERTERS,
    commitsFilteredOffsets,
    counters,
    life,
    pauseGate: () => pauseGate(life, (state) => void states.push(state)),
  });
  return { delivery, life, inFlight, counters, states };
}

const PARTITION = { file: "a" };

function records(from: number, count: number): SourceRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const position = from + i;
    const sourceOffset = { position };
    return new SourceRecord({
      topic: "t",
      sourcePartition: PARTITION,
      sourceOffset,
      value: position,
    });
  });
}

const committable = (inFlight: InFlight) =>
  Number([...inFlight.takeCommittable().values()][0]?.["position"] ?? -1);
const isKept = (n: number) => n % 7 !== 6;

type Step = number | "pause" | "resume" | "stop";

describe("a poll that returns more than the producer has room for", () => {
  it("goes out as there is room; whatever happens, no offset passes a record that Kafka lacks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 12 }),
        fc.array(
          fc.oneof(
            { weight: 30, arbitrary: fc.nat(20) },
            { weight: 2, arbitrary: fc.constantFrom<Step>("pause", "resume") },
            { weight: 1, arbitrary: fc.constant<Step>("stop") },
          ),
          { maxLength: 120 },
        ),
        fc.boolean(),
        async (polls, limit, script, commitsFiltered) => {
          const producer = new FakeProducer(limit);
          const { delivery, life, inFlight, counters } = deliveryOf(producer, {}, commitsFiltered);
          let polled = 0;
          const all = Array.from({ length: polls.reduce((sum, n) => sum + n, 0) }, (_, n) => n);
          const loop = { ended: false };
          const running = (async () => {
            for (const count of polls) {
              if (life.stopping.aborted) break;
              polled += count;
              await delivery.send(records(polled - count, count));
            }
            loop.ended = true;
          })();
          let committed = -1;
          const look = () => {
            committed = Math.max(committed, committable(inFlight));
            const covered = all.filter((n) => n <= committed && isKept(n));
            expect(covered.filter((n) => !producer.acknowledged.has(n))).toEqual([]);
          };
          for (const step of script) {
            if (step === "stop") life.stop();
            else if (step === "pause" || step === "resume")
              life.setTargetState(step === "pause" ? "PAUSED" : "STARTED");
            else producer.answer(step);
            await turn();
            look();
          }
          life.setTargetState("STARTED");
          while (!loop.ended || producer.held > 0) {
            producer.answer(0);
            await turn();
          }
          await running;
          look();
          expect(producer.mostHeld).toBeLessThanOrEqual(limit);
          const appended = all.filter(isKept).slice(0, producer.appended.length);
          expect(producer.appended).toEqual(appended);
          expect(counters).toMatchObject({ read: polled, written: appended.length });
          const held = counters.read - counters.written - counters.filtered;
          // Records are taken in order, so what is held are the last ones that were polled.
          const done = commitsFiltered ? polled - held - 1 : appended.at(-1);
          expect(committed).toBe(done ?? -1);
          expect(held === 0 || life.stopping.aborted).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("is held while the task is paused, says so, and goes on after it", async () => {
    const producer = new FakeProducer(5);
    const { delivery, life, states } = deliveryOf(producer);
    const sent = delivery.send(records(0, 6));
    await turn();
    expect(producer.appended).toEqual([0, 1, 2, 3, 4]);
    life.setTargetState("PAUSED");
    await turn();
    while (producer.held > 0) producer.answer(0);
    await turn();
    expect(producer.appended).toHaveLength(5);
    expect(states).toEqual(["PAUSED"]);
    life.setTargetState("STARTED");
    await sent;
    expect(producer.appended).toEqual([0, 1, 2, 3, 4, 5]);
    expect(states).toEqual(["PAUSED", "RUNNING"]);
  });

  it("ends when the task fails meanwhile", async () => {
    const producer = new FakeProducer(2);
    const { delivery, life } = deliveryOf(producer);
    const sent = delivery.send(records(0, 100));
    await turn();
    life.fail(new Error("refused"));
    await sent;
    expect(producer.appended).toEqual([0, 1]);
    expect(() => life.throwIfFailed()).toThrow("refused");
  });
});

describe("what is kept until it is acknowledged", () => {
  it("is bounded where each record is: lingering batches are sent rather than waited for", async () => {
    const told: unknown[] = [];
    const commitRecord = ({ value }: SourceRecord) => void told.push(value);
    const producer = new FakeProducer();
    const { delivery, inFlight } = deliveryOf(producer, { commitRecord });
    const sent = delivery.send(records(0, 130_000));
    await turn();
    expect(producer.held).toBe(100_000);
    expect(producer.flushes).toBe(1);
    while (producer.held > 0) producer.answer(0);
    await sent;
    while (producer.held > 0) producer.answer(0);
    await inFlight.drained();
    expect(told).toHaveLength(130_000);
  });

  it("is bounded where polls are tiny", async () => {
    const producer = new FakeProducer();
    const { delivery, inFlight } = deliveryOf(producer);
    let polls = 0;
    const loop = (async () => {
      for (; polls < 12_000; polls++) await delivery.send(records(polls * 7, 1));
    })();
    await turn();
    expect(inFlight.size).toBe(10_000);
    expect(polls).toBe(9999);
    while (producer.held > 0) producer.answer(0);
    await loop;
    while (producer.held > 0) producer.answer(0);
    await inFlight.drained();
    expect(committable(inFlight)).toBe(11_999 * 7);
  });
});
