import { setTimeout } from "node:timers/promises";
import {
  type Logger,
  SinkTask,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import type { GroupConsumer } from "@millrace/kafka-client";
import { describe, expect, it } from "vitest";
import { SinkOffsets } from "./sink-offsets.ts";

const A: TopicPartition = { topic: "t", partition: 0 };
const B: TopicPartition = { topic: "t", partition: 1 };

const logged: string[] = [];
const write = (message: string) => void logged.push(message);
const logger: Logger = { trace: write, debug: write, info: write, warn: write, error: write };

class Task extends SinkTask {
  allow: (offsets: TopicPartitionMap<number>) => Iterable<[TopicPartition, number]> = (offsets) =>
    offsets;
  start() {}
  put() {}
  stop() {}
  override async preCommit(offsets: TopicPartitionMap<number>) {
    return new TopicPartitionMap(this.allow(offsets));
  }
}

function setUp(reported?: () => Promise<void>) {
  const commits: string[][] = [];
  /** The coordinator does not answer. */
  const coordinator = { hangs: false };
  const seeks: string[] = [];
  const consumer = {
    commit: async (
      offsets: { topic: string; partition: number; offset: number }[],
      signal: AbortSignal,
    ) => {
      if (coordinator.hangs) await setTimeout(30_000, undefined, { signal });
      commits.push(offsets.map((o) => `${o.topic}-${o.partition}@${o.offset}`));
    },
    seek: (tp: TopicPartition, offset: number) =>
      void seeks.push(`${tp.topic}-${tp.partition}@${offset}`),
  };
  const offsets = new SinkOffsets(logger, reported);
  const task = new Task();
  // Of the consumer only commit and seek are used here.
  const commit = (...tps: TopicPartition[]) =>
    offsets.commit(
      task,
      consumer as unknown as GroupConsumer,
      tps,
      new AbortController().signal,
      50,
    );
  offsets.begin(A, 10);
  offsets.begin(B, 20);
  return { offsets, task, commit, commits, seeks, coordinator };
}

describe("SinkOffsets", () => {
  it("commits what the task allows, and nothing twice", async () => {
    const { offsets, commit, commits } = setUp();
    await commit(A, B);
    offsets.take(new TopicPartitionMap([[A, 15]]));
    await commit(A, B);
    await commit(A, B);
    expect(commits).toEqual([["t-0@15"]]);
  });

  it("waits for dead letters, those of preCommit too, and commits nothing without them", async () => {
    let refusal: Error | undefined = new Error("not in the dead-letter topic yet");
    const events: string[] = [];
    const { offsets, task, commit, commits } = setUp(async () => {
      events.push("reported");
      if (refusal) throw refusal;
    });
    task.allow = (all) => {
      events.push("preCommit");
      return all;
    };
    offsets.take(new TopicPartitionMap([[A, 15]]));
    await expect(commit(A)).rejects.toThrow("not in the dead-letter topic yet");
    expect([events, commits]).toEqual([["preCommit", "reported"], []]);
    refusal = undefined;
    await commit(A);
    expect(commits).toEqual([["t-0@15"]]);
  });

  it("commits less than was taken when less is durable", async () => {
    const { offsets, task, commit, commits } = setUp();
    offsets.take(new TopicPartitionMap([[A, 15]]));
    task.allow = () => [[A, 12]];
    await commit(A);
    task.allow = () => [];
    await commit(A);
    expect(commits).toEqual([["t-0@12"]]);
  });

  it("refuses to commit beyond what was taken, or what is not assigned", async () => {
    const { task, commit, commits } = setUp();
    task.allow = () => [
      [A, 99],
      [{ topic: "other", partition: 0 }, 1],
    ];
    await commit(A, B);
    expect(commits).toEqual([]);
    expect(logged.slice(-2).join()).toMatch(/offset 99 .* beyond .*other-0.* not assigned/s);
  });

  it("reads again from the last commit when preCommit throws", async () => {
    const { offsets, task, commit, commits, seeks } = setUp();
    offsets.take(new TopicPartitionMap([[A, 15]]));
    task.allow = () => {
      throw new Error("disk full");
    };
    await expect(commit(A)).rejects.toThrow("preCommit failed");
    expect([commits, seeks]).toEqual([[], ["t-0@10"]]);
    // What was rewound does not count as taken any more.
    task.allow = (taken) => taken;
    await commit(A);
    expect(commits).toEqual([]);
  });

  it("waits so long for a coordinator; the next commit covers what this one should have", async () => {
    const { offsets, commit, commits, coordinator } = setUp();
    offsets.take(new TopicPartitionMap([[A, 15]]));
    coordinator.hangs = true;
    await expect(commit(A, B)).rejects.toThrow(/offset\.flush\.timeout\.ms \(50 ms\)/);
    coordinator.hangs = false;
    offsets.take(new TopicPartitionMap([[B, 21]]));
    await commit(A, B);
    expect(commits).toEqual([["t-0@15", "t-1@21"]]);
  });

  it("forgets partitions that went away", async () => {
    const { offsets, commit, commits } = setUp();
    offsets.take(new TopicPartitionMap([[A, 15]]));
    offsets.forget(A);
    await commit(A);
    expect(commits).toEqual([]);
  });
});
