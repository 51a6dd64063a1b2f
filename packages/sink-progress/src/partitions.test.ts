import { SinkRecord, TopicPartitionMap } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { Partitions } from "./partitions.ts";

const a0 = { topic: "a", partition: 0 };
const a1 = { topic: "a", partition: 1 };
const record = (partition: number, kafkaOffset: number) =>
  new SinkRecord({ topic: "a", kafkaPartition: partition, kafkaOffset });

test("where everything is done, what the worker has handed over counts, dropped records included", () => {
  const partitions = new Partitions();
  partitions.open([a0, a1]);
  const progress = partitions.of(record(0, 4));
  const ticket = progress.add(4);
  const taken = new TopicPartitionMap([
    [a0, 9],
    [a1, 3],
  ]);
  expect([...partitions.committable(taken)]).toEqual([[a1, 3]]);
  progress.done(ticket);
  expect([...partitions.committable(taken)]).toEqual([
    [a0, 9],
    [a1, 3],
  ]);
});

test("never more than the worker has handed over", () => {
  const partitions = new Partitions();
  const progress = partitions.of(record(0, 4));
  progress.done(progress.add(4));
  progress.add(5);
  expect([...partitions.committable(new TopicPartitionMap([[a0, 4]]))]).toEqual([[a0, 4]]);
});

test("a record renamed by a transform counts where it came from", () => {
  const partitions = new Partitions();
  partitions.open([a0]);
  expect(partitions.of(record(0, 1).newRecord({ topic: "b" })).topic).toBe("a");
});

test("a partition taken away and given back starts afresh", () => {
  const partitions = new Partitions();
  partitions.open([a0]);
  const before = partitions.of(record(0, 1));
  before.add(1);
  partitions.close([a0]);
  expect(before.closed).toBe(true);
  expect(partitions.unfinished).toBe(0);
  partitions.open([a0]);
  const after = partitions.of(record(0, 1));
  expect(after).not.toBe(before);
  expect(after.closed).toBe(false);
});
