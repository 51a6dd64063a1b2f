import {
  ConnectError,
  RetriableError,
  SinkRecord,
  SinkTask,
  TopicPartitionMap,
} from "@millrace/connect-api";
import type { GroupConsumer } from "@millrace/kafka-client";
import { describe, expect, it } from "vitest";
import { quietLogger, toleranceFor } from "../../test/support/failed-records.ts";
import { TEXT_CONVERTERS } from "../../test/support/text-converters.ts";
import { heldOf, newCounters } from "../task/counters.ts";
import { TaskMeasures } from "../task/measures.ts";
import { TaskLife } from "../task/life.ts";
import { Deliverer } from "./deliver.ts";
import { ErrantRecords } from "./errant-records.ts";
import type { SinkBatch } from "./read-batch.ts";
import { SinkOffsets } from "./sink-offsets.ts";

class Task extends SinkTask {
  readonly puts: string[][] = [];
  fail: (records: readonly SinkRecord[]) => Error | undefined = () => undefined;
  start() {}
  stop() {}
  put(records: readonly SinkRecord[]) {
    const error = this.fail(records);
    if (error) throw error;
    this.puts.push(records.map((r) => `${r.kafkaPartition}@${r.kafkaOffset}`));
  }
}

function batch(...rows: [partition: number, offset: number][]): SinkBatch {
  return {
    records: rows.map(
      ([kafkaPartition, kafkaOffset]) =>
        new SinkRecord({ topic: "t", kafkaPartition, kafkaOffset }),
    ),
    offsets: new TopicPartitionMap(
      rows.map(([partition, offset]) => [{ topic: "t", partition }, offset + 1] as const),
    ),
  };
}

function setUp(isolates = false) {
  const task = new Task();
  const life = new TaskLife("STARTED");
  const counters = newCounters();
  const tolerance = toleranceFor(
    { "errors.tolerance": isolates ? "all" : "none" },
    { counters, signal: life.stopping },
  );
  const errants = new ErrantRecords({
    tolerance,
    converters: TEXT_CONVERTERS,
    counters,
    hasDeadLetters: false,
    settleMs: 1000,
    onFailure: (error) => life.fail(error),
  });
  const offsets = new SinkOffsets(quietLogger);
  const deliverer = new Deliverer({
    task,
    life,
    offsets,
    counters,
    measures: new TaskMeasures(),
    logger: quietLogger,
    errants,
    giveUp: isolates
      ? (record, error) => tolerance.giveUp(errants.failed(record, error))
      : undefined,
  });
  return { task, life, counters, deliverer, errants, offsets };
}

describe("Deliverer", () => {
  it("gives the same records again after a retriable error, and new ones after them", async () => {
    const { task, counters, deliverer } = setUp();
    task.fail = () => new RetriableError("busy");
    await deliverer.deliver(batch([0, 1], [0, 2]));
    await deliverer.deliver(batch());
    expect(deliverer.held?.records).toHaveLength(2);
    expect(deliverer.retryDelayMs).toBe(200);
    task.fail = () => undefined;
    await deliverer.deliver(batch([1, 9]));
    expect(task.puts).toEqual([["0@1", "0@2", "1@9"]]);
    expect(deliverer.held).toBeUndefined();
    expect(counters.written).toBe(3);
  });

  it("drops held records of partitions that were taken away", async () => {
    const { task, deliverer } = setUp();
    task.fail = () => new RetriableError("busy");
    await deliverer.deliver(batch([0, 1], [1, 5]));
    deliverer.drop([{ topic: "t", partition: 0 }]);
    expect(deliverer.held?.records.map((r) => r.kafkaPartition)).toEqual([1]);
    deliverer.drop([{ topic: "t", partition: 1 }]);
    expect(deliverer.held).toBeUndefined();
  });

  it("drops held records of a partition that is read from another place: they come again", async () => {
    const { task, deliverer, offsets } = setUp();
    task.fail = () => new RetriableError("busy");
    await deliverer.deliver(batch([0, 4], [1, 5]));
    const consumer = { seek: () => undefined } as unknown as GroupConsumer;
    offsets.rewindAll(consumer, new TopicPartitionMap([[{ topic: "t", partition: 0 }, 2]]));
    task.fail = () => undefined;
    await deliverer.deliver(batch([0, 2]));
    expect(task.puts).toEqual([["1@5", "0@2"]]);
  });

  it("fails the task on any other error, with Java's words", async () => {
    const { task, deliverer } = setUp();
    task.fail = () => new ConnectError("broken");
    await expect(deliverer.deliver(batch([0, 1]))).rejects.toThrow(
      "Exiting WorkerSinkTask due to unrecoverable exception.",
    );
  });

  it("counts nothing as taken when the stop interrupts a put", async () => {
    const { task, life, counters, deliverer } = setUp();
    task.fail = () => {
      life.stop();
      return new DOMException("stopped", "AbortError");
    };
    await deliverer.deliver(batch([0, 1]));
    expect([counters.written, deliverer.held]).toEqual([0, undefined]);
  });
});

describe("errors.put.isolate", () => {
  const bad = (offset: number) => (records: readonly SinkRecord[]) =>
    records.some(({ kafkaOffset }) => kafkaOffset === offset)
      ? new ConnectError("bad document")
      : undefined;

  it("skips the record that put cannot take, and the counts add up", async () => {
    const { task, counters, deliverer } = setUp(true);
    task.fail = bad(2);
    counters.read = 4;
    await deliverer.deliver(batch([0, 1], [0, 2], [0, 3], [0, 4]));
    expect(task.puts.flat()).toEqual(["0@1", "0@3", "0@4"]);
    expect(counters).toMatchObject({ written: 3, skipped: 1 });
    expect(heldOf(counters)).toBe(0);
    expect(deliverer.held).toBeUndefined();
  });

  it("gives what is left again when the task is busy meanwhile", async () => {
    const { task, counters, deliverer } = setUp(true);
    let busy = true;
    task.fail = (records) => {
      if (records.length < 4 && busy && records.at(-1)!.kafkaOffset === 4)
        return new RetriableError("busy");
      return bad(2)(records);
    };
    counters.read = 4;
    await deliverer.deliver(batch([0, 1], [0, 2], [0, 3], [0, 4]));
    expect(deliverer.held?.records.map((r) => r.kafkaOffset)).toEqual([3, 4]);
    busy = false;
    await deliverer.deliver(batch());
    expect(task.puts.flat()).toEqual(["0@1", "0@3", "0@4"]);
    expect(counters).toMatchObject({ written: 3, skipped: 1 });
  });

  it("does not take an error for the records' that says nothing about any", async () => {
    const { task, deliverer } = setUp(true);
    task.fail = () => new ConnectError("closed");
    await expect(deliverer.deliver(batch())).rejects.toThrow("unrecoverable");
  });
});

it("a task that reports a record and swallows the refusal fails after its put", async () => {
  const { task, life, counters, deliverer, errants } = setUp();
  task.fail = ([record]) => {
    void errants.report(record!, new Error("malformed"));
    return undefined;
  };
  await expect(deliverer.deliver(batch([0, 1]))).rejects.toThrow(
    expect.objectContaining({
      message: "Exiting WorkerSinkTask due to unrecoverable exception.",
      cause: expect.objectContaining({ message: "Tolerance exceeded in error handler" }),
    }),
  );
  expect(() => life.throwIfFailed()).toThrow("Tolerance exceeded");
  expect(counters.written).toBe(0);
});
