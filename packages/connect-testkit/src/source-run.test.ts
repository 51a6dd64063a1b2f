import {
  type ConfigDef,
  type Props,
  type RecordMetadata,
  RetriableError,
  SourceConnector,
  SourceRecord,
  SourceTask,
} from "@millrace/connect-api";
import { expect, test } from "vitest";
import { MemoryOffsets } from "./memory-offsets.ts";
import { startSource } from "./source-run.ts";

/** Counts up to 9, five at a time, after one retriable error; writes down who called it. */
class Counting extends SourceTask {
  static calls: string[] = [];
  #count = 0;
  #failed = false;

  async start(props: Props): Promise<void> {
    Counting.calls.push(`start ${props["id"]} ${props["task.class"]}`);
    const stored = await this.context.offsetStorageReader.offset({ id: props["id"] });
    this.#count = Number(stored?.["count"] ?? 0);
  }

  async poll(): Promise<SourceRecord[] | null> {
    if (!this.#failed) {
      this.#failed = true;
      throw new RetriableError("not yet");
    }
    const records: SourceRecord[] = [];
    while (records.length < 5 && this.#count < 9) {
      this.#count += 1;
      records.push(
        new SourceRecord({
          topic: "counts",
          value: this.#count,
          sourcePartition: { id: this.context.configs()["id"] },
          sourceOffset: { count: this.#count },
        }),
      );
    }
    return records;
  }

  override commitRecord(record: SourceRecord, metadata: RecordMetadata | null): void {
    Counting.calls.push(`record ${String(record.value)} at ${metadata?.offset}`);
  }

  override commit(): void {
    Counting.calls.push("commit");
  }

  stop(): void {
    Counting.calls.push(`stop ${this.context.configs()["id"]}`);
  }
}

class CountingConnector extends SourceConnector {
  config(): ConfigDef {
    return {};
  }

  start(): void {
    Counting.calls = [];
  }

  taskClass(): new () => SourceTask {
    return Counting;
  }

  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, (_, i) => ({ id: `t${i}` }));
  }

  stop(): void {
    Counting.calls.push("stop connector");
  }
}

test("take repeats retriable errors, commit tells the task and stores offsets, a new run resumes", async () => {
  const offsets = new MemoryOffsets();
  const first = await startSource(CountingConnector, {}, { offsets });
  expect((await first.take(5)).map(({ value }) => value)).toEqual([1, 2, 3, 4, 5]);
  await first.commit();
  await first.take(4);
  await first.stop();
  await first.stop();
  expect(Counting.calls).toEqual([
    "start t0 Counting",
    ...[1, 2, 3, 4, 5].map((value) => `record ${value} at ${value - 1}`),
    "commit",
    "stop t0",
    "stop connector",
  ]);

  await using second = await startSource(CountingConnector, {}, { offsets });
  expect((await second.take(4)).map(({ value }) => value)).toEqual([6, 7, 8, 9]);
});

test("take says how many came when time runs out", async () => {
  await using run = await startSource(CountingConnector, {});
  await expect(run.take(10, 100)).rejects.toThrow("Only 9 of 10 records came within 100 ms");
});

test("runs several tasks, and starts them anew on reconfiguration", async () => {
  const run = await startSource(CountingConnector, {}, { maxTasks: 2 });
  expect(await run.take(18)).toHaveLength(18);
  expect(run.taskProps.map(({ id }) => id)).toEqual(["t0", "t1"]);
  await run.reconfigureTasks();
  await run.stop();
  expect(Counting.calls.filter((call) => !call.startsWith("record"))).toEqual([
    "start t0 Counting",
    "start t1 Counting",
    "stop t0",
    "stop t1",
    "start t0 Counting",
    "start t1 Counting",
    "stop t0",
    "stop t1",
    "stop connector",
  ]);
});

test("take throws what the connector raises", async () => {
  await using run = await startSource(CountingConnector, {});
  run.context.raiseError(new Error("the table is gone"));
  await expect(run.take(1)).rejects.toThrow("the table is gone");
});

test("stops what was started when a task does not start", async () => {
  class Refusing extends Counting {
    override async start(): Promise<void> {
      throw new Error("no");
    }
  }
  class RefusingConnector extends CountingConnector {
    override taskClass(): new () => SourceTask {
      return Refusing;
    }
  }
  await expect(startSource(RefusingConnector, {})).rejects.toThrow("no");
  expect(Counting.calls).toEqual(["stop t0", "stop connector"]);
});
