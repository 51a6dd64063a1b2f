import {
  ConnectError,
  type Logger,
  RetriableError,
  SinkRecord,
  SinkTask,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { describe, expect, it } from "vitest";
import { newCounters } from "../task/counters.ts";
import { TaskLife } from "../task/life.ts";
import { Deliverer } from "./deliver.ts";
import type { SinkBatch } from "./read-batch.ts";
import { SinkOffsets } from "./sink-offsets.ts";

const quiet = () => {};
const logger: Logger = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };

class Task extends SinkTask {
  readonly puts: string[][] = [];
  fail: () => Error | undefined = () => undefined;
  start() {}
  stop() {}
  put(records: readonly SinkRecord[]) {
    const error = this.fail();
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

function setUp() {
  const task = new Task();
  const life = new TaskLife("STARTED");
  const counters = newCounters();
  return {
    task,
    life,
    counters,
    deliverer: new Deliverer(task, life, new SinkOffsets(logger), counters, logger),
  };
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
