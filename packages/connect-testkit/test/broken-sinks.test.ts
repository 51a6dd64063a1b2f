import {
  type MaybePromise,
  type Props,
  RetriableError,
  type SinkConnector,
  type SinkRecord,
  type SinkTask,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { sinkChecks } from "../src/conformance/sink-checks.ts";
import { shelfSink } from "./drivers.ts";
import { openShelf, PASSWORD, ShelfSink, ShelfSinkTask } from "./fixture/src/index.ts";

const OPTIONS = { waitMs: 200, memoryRecords: 20_000 };
const MEMORY = `memory stays flat over ${OPTIONS.memoryRecords} records`;

// Each connector here breaks one requirement; its check must fail and say what is wrong.

function withTask(taskClass: new () => SinkTask): new () => SinkConnector {
  return class extends ShelfSink {
    override taskClass(): new () => SinkTask {
      return taskClass;
    }
  };
}

function check(taskClass: new () => SinkTask, name: string): Promise<void> {
  const found = sinkChecks(shelfSink, async () => withTask(taskClass), OPTIONS).find(
    (candidate) => candidate.name === name,
  );
  if (found === undefined) throw new Error(`no check is named ${name}`);
  return found.run();
}

/** Keeps what it is given in memory until it is told to write. */
class Buffering extends ShelfSinkTask {
  readonly held: SinkRecord[] = [];

  override put(records: readonly SinkRecord[]): void {
    this.held.push(...records);
  }

  override flush(): MaybePromise<void> {
    return super.put(this.held.splice(0));
  }
}

test("a sink that buffers and flushes passes", async () => {
  await expect(check(Buffering, "what is committed is written")).resolves.toBeUndefined();
  await expect(
    check(Buffering, "records put again after a crash are not lost"),
  ).resolves.toBeUndefined();
});

test("a commit before the write is caught", async () => {
  class Hasty extends Buffering {
    override flush(): void {}
  }
  await expect(check(Hasty, "what is committed is written")).rejects.toThrow(
    "committed records are missing in the other system (I1)",
  );
  await expect(check(Hasty, "records put again after a crash are not lost")).rejects.toThrow(
    "committed records are missing",
  );
});

test("a sink that keeps what it has written is caught", async () => {
  const kept: Buffer[] = [];
  class Hoarding extends ShelfSinkTask {
    override put(records: readonly SinkRecord[]): void {
      for (const _ of records) kept.push(Buffer.alloc(2_000));
    }
  }
  await expect(check(Hoarding, MEMORY)).rejects.toThrow(
    /after 20000 records \d+\.\d MB more are held than after a quarter of them; at most 16/,
  );
});

test("a sink that keeps nothing passes", async () => {
  class Forgetful extends ShelfSinkTask {
    override put(): void {}
  }
  await expect(check(Forgetful, MEMORY)).resolves.toBeUndefined();
});

test("a commit of more than was put is caught", async () => {
  class Ahead extends ShelfSinkTask {
    override async preCommit(
      offsets: TopicPartitionMap<number>,
    ): Promise<TopicPartitionMap<number>> {
      return new TopicPartitionMap([...offsets].map(([tp, offset]) => [tp, offset + 1]));
    }
  }
  await expect(check(Ahead, "what is committed is written")).rejects.toThrow(
    "preCommit returned offset 7 for shelf-0, but records were put only up to 6",
  );
});

test("a commit that never comes is caught", async () => {
  class Never extends ShelfSinkTask {
    override async preCommit(): Promise<TopicPartitionMap<number>> {
      return new TopicPartitionMap();
    }
  }
  await expect(check(Never, "what is committed is written")).rejects.toThrow(
    "preCommit allowed only 0 of 6 records",
  );
});

test("a tombstone that crashes the task is caught", async () => {
  class Fragile extends ShelfSinkTask {
    override put(records: readonly SinkRecord[]): void {
      for (const { value } of records) this.shelf.push((value as string).trim());
    }
  }
  await expect(check(Fragile, "a tombstone does not crash the task")).rejects.toThrow(
    "a tombstone must be taken, or refused by an error that names it; thrown was TypeError",
  );
});

test("a duplicate is caught where the sink claims there is none", async () => {
  class Repeating extends ShelfSinkTask {
    override put(records: readonly SinkRecord[]): void {
      for (const { value } of records) this.shelf.push(String(value));
    }
  }
  await expect(check(Repeating, "repeated put leaves no duplicates")).rejects.toThrow(
    "after the same task put twice",
  );
});

test("a put that asks to be repeated is repeated", async () => {
  let failures = 0;
  class Wavering extends ShelfSinkTask {
    override put(records: readonly SinkRecord[]): MaybePromise<void> {
      failures += 1;
      if (failures % 2 === 1) throw new RetriableError("not now");
      return super.put(records);
    }
  }
  await check(Wavering, "what is committed is written");
  expect(failures).toBeGreaterThan(1);
});

test("a file left open is caught", async () => {
  const { openSync, closeSync } = await import("node:fs");
  const open: number[] = [];
  class Holding extends ShelfSinkTask {
    override start(props: Props): void {
      super.start(props);
      open.push(openSync(import.meta.filename, "r"));
    }
  }
  try {
    await expect(check(Holding, "leaves nothing open after stop")).rejects.toThrow(
      `1 × file ${import.meta.filename}`,
    );
  } finally {
    for (const fd of open) closeSync(fd);
  }
});

test("the shelf keeps its password", () => {
  expect(() => openShelf("x", "wrong")).toThrow("refused the password");
  expect(openShelf("x", PASSWORD)).toEqual([]);
});
