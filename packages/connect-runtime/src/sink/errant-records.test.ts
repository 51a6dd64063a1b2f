import { ConnectError, SinkRecord } from "@millrace/connect-api";
import type { FetchedRecords } from "@millrace/kafka-client";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { FakeDeadLetters, toleranceFor } from "../../test/support/failed-records.ts";
import { TEXT_CONVERTERS } from "../../test/support/text-converters.ts";
import { heldOf, newCounters } from "../task/counters.ts";
import { ConsumedSinkRecord } from "./consumed-record.ts";
import { ErrantRecords } from "./errant-records.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const never = new AbortController().signal;
const error = new Error("malformed");

function setUp({ tolerates = true, letters = true, settleMs = 60_000 } = {}) {
  const counters = newCounters();
  const deadLetters = new FakeDeadLetters();
  const failures: Error[] = [];
  const tolerance = toleranceFor(
    { "errors.tolerance": tolerates ? "all" : "none" },
    { counters, deadLetters: letters ? deadLetters : undefined },
  );
  const errants = new ErrantRecords({
    tolerance,
    converters: TEXT_CONVERTERS,
    counters,
    hasDeadLetters: letters,
    settleMs,
    onFailure: (failure) => failures.push(failure),
  });
  return { errants, counters, deadLetters, failures };
}

const record = (kafkaOffset: number) =>
  new SinkRecord({ topic: "t", kafkaPartition: 0, kafkaOffset, value: "v" });

it("resolves a report when it is durable, and commits wait for it", async () => {
  const { errants, deadLetters } = setUp();
  const events: string[] = [];
  void errants.report(record(1), error).then(() => events.push("reported"));
  const settled = errants.settled(never).then(() => events.push("settled"));
  await turn();
  expect(events).toEqual([]);
  deadLetters.settle();
  await settled;
  expect(events).toEqual(["reported", "settled"]);
  expect(deadLetters.letters).toMatchObject([
    { stage: "TASK_PUT", className: "org.apache.kafka.connect.sink.SinkTask", error },
  ]);
});

it("lets nothing be committed while reports are not durable, and says why", async () => {
  const { errants } = setUp({ settleMs: 1 });
  void errants.report(record(1), error);
  await expect(errants.settled(never)).rejects.toThrow(/errors\.deadletterqueue\.topic\.name/);
  const other = setUp();
  void other.errants.report(record(1), error);
  const cancelled = other.errants.settled(AbortSignal.abort());
  await expect(cancelled).rejects.toThrow("not in the dead-letter topic yet");
});

it("lets nothing be committed when a report failed", async () => {
  const { errants, deadLetters, counters } = setUp();
  errants.putBegins();
  const report = errants.report(record(1), error);
  counters.read = counters.written = 1;
  await errants.putAccepted();
  deadLetters.settle(new ConnectError("refused"));
  await expect(report).rejects.toThrow("refused");
  await expect(errants.settled(never)).rejects.toThrow("refused");
  expect(heldOf(counters)).toBe(1);
});

it("refuses, as Java does, where errors are not tolerated; the letter is written all the same", async () => {
  const { errants, deadLetters, failures, counters } = setUp({ tolerates: false });
  const report = errants.report(record(1), error);
  deadLetters.settle();
  await expect(report).rejects.toThrow("Tolerance exceeded in error handler");
  await expect(errants.throwIfRefused()).rejects.toThrow("Tolerance exceeded in error handler");
  expect(failures).toHaveLength(1);
  await expect(errants.settled(never)).rejects.toThrow("Tolerance exceeded in error handler");
  expect(deadLetters.letters).toHaveLength(1);
  expect(counters.deadLettered).toBe(0);
});

/** Ten records are put, again until they are accepted, and reported in each of the ways there are. */
it("counts every record once, whenever it is reported and however often it is put", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.integer({ min: 0, max: 3 }),
      fc.uniqueArray(fc.nat(9)),
      fc.uniqueArray(fc.nat(9)),
      async (letters, refusals, inPut, later) => {
        const { errants, counters, deadLetters } = setUp({ letters });
        const batch = Array.from({ length: 10 }, (_, i) => record(i));
        counters.read = 10;
        for (let i = 0; i <= refusals; i++) {
          errants.putBegins();
          for (const n of inPut) void errants.report(batch[n]!, error);
          if (i < refusals) errants.putRefused(batch);
        }
        counters.written += 10;
        await errants.putAccepted();
        const afterwards = later.filter((n) => !inPut.includes(n));
        // Some in the midst of the next put, which is refused: they are no part of it.
        errants.putBegins();
        for (const n of afterwards) void errants.report(batch[n]!, error);
        errants.putRefused([record(10)]);
        deadLetters.settle();
        await turn();
        const reported = inPut.length + afterwards.length;
        expect(counters).toEqual({
          read: 10,
          written: 10 - reported,
          filtered: 0,
          skipped: letters ? 0 : reported,
          deadLettered: letters ? reported : 0,
        });
      },
    ),
  );
});

it("gives the bytes that were consumed, also of a record that transformations have changed", async () => {
  const { errants } = setUp();
  const batch = {
    topic: "t",
    partition: 2,
    offsets: Float64Array.of(7),
    timestamps: Float64Array.of(99),
    timestampType: "CreateTime",
    key: () => Buffer.from("k"),
    value: () => Buffer.from("raw"),
    headers: () => [],
  } as unknown as FetchedRecords;
  const consumed = new ConsumedSinkRecord(
    { topic: "t", kafkaPartition: 2, kafkaOffset: 7, value: "v" },
    batch,
    0,
  );
  const changed = consumed.newRecord({ topic: "elsewhere", value: "changed" });
  expect([changed.topic, changed.value, changed.originalTopic]).toEqual([
    "elsewhere",
    "changed",
    "t",
  ]);
  expect(await errants.failed(changed, error).origin.letter()).toEqual({
    key: Buffer.from("k"),
    value: Buffer.from("raw"),
    timestampMs: 99,
    headers: [],
    place: [
      ["topic", "t"],
      ["partition", "2"],
      ["offset", "7"],
    ],
  });
});

it("has a record that the task made itself written by the converters, as in Java", async () => {
  const { errants } = setUp();
  const own = record(3);
  own.headers.addString("h", "1");
  const { origin } = errants.failed(own, error);
  expect(origin.where).toBe("of t-0 at offset 3");
  expect(await origin.letter()).toMatchObject({
    key: null,
    value: "v",
    timestampMs: -1,
    headers: [{ key: "h", value: "1" }],
  });
});
