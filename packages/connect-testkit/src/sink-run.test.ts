import {
  type ConfigDef,
  type Props,
  RetriableError,
  SinkConnector,
  type SinkRecord,
  SinkTask,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { beforeEach, expect, test } from "vitest";
import { TestPartition } from "./records.ts";
import { startSink } from "./sink-run.ts";

/** Writes down its calls, and does what `onPut` says. */
class Noting extends SinkTask {
  static calls: string[] = [];
  static onPut: (task: SinkTask, records: readonly SinkRecord[]) => void = () => undefined;

  start(props: Props): void {
    Noting.calls.push(`start ${props["topics"]}`);
  }

  override open(partitions: readonly TopicPartition[]): void {
    Noting.calls.push(`open ${partitions.map(({ partition }) => partition).join()}`);
  }

  put(records: readonly SinkRecord[]): void {
    Noting.calls.push(`put ${records.map(({ value }) => value).join()}`);
    Noting.onPut(this, records);
  }

  override close(partitions: readonly TopicPartition[]): void {
    Noting.calls.push(`close ${partitions.map(({ partition }) => partition).join()}`);
  }

  stop(): void {
    Noting.calls.push("stop");
  }
}

class NotingConnector extends SinkConnector {
  config(): ConfigDef {
    return {};
  }

  start(): void {}

  taskClass(): new () => SinkTask {
    return Noting;
  }

  taskConfigs(maxTasks: number): Props[] {
    return Array.from({ length: maxTasks }, () => ({}));
  }

  stop(): void {
    Noting.calls.push("stop connector");
  }
}

const P0 = { topic: "t", partition: 0 };

function start(maxTasks = 1) {
  return startSink(NotingConnector, { topics: "t" }, { maxTasks });
}

beforeEach(() => {
  Noting.calls = [];
  Noting.onPut = () => undefined;
});

test("opens, puts, commits, closes and stops as the worker does", async () => {
  const run = await start();
  await run.put(new TestPartition("t", 0, 5).appendStrings("a", "b"));
  await run.putNothing();
  expect([...(await run.commit())]).toEqual([[P0, 7]]);
  await run.stop();
  await run.stop();
  expect(run.committed.get(P0)).toBe(7);
  expect(Noting.calls).toEqual([
    "start t",
    "open 0",
    "put a,b",
    "put ",
    "close 0",
    "stop",
    "stop connector",
  ]);
});

test("gives partitions to tasks in turn", async () => {
  await using run = await start(2);
  await run.put([0, 1, 2].flatMap((p) => new TestPartition("t", p).appendStrings(`v${p}`)));
  expect(run.taskContexts.map((context) => context.assignment().length)).toEqual([2, 1]);
});

test("puts the same batch again after a retriable error, and gives up after a while", async () => {
  let left = 2;
  Noting.onPut = () => {
    left -= 1;
    if (left >= 0) throw new RetriableError("busy");
  };
  const run = await start();
  await run.put(new TestPartition("t").appendStrings("a"));
  expect(Noting.calls.filter((call) => call === "put a")).toHaveLength(3);
  left = Number.POSITIVE_INFINITY;
  await expect(run.put(new TestPartition("t", 0, 1).appendStrings("b"), 50)).rejects.toThrow(
    "busy",
  );
  await run.crash();
});

test("puts records again from where the task rewinds to", async () => {
  let rewound = false;
  Noting.onPut = (task) => {
    if (!rewound) task.context.offset(new TopicPartitionMap([[P0, 1]]));
    rewound = true;
  };
  await using run = await start();
  await run.put(new TestPartition("t").appendStrings("a", "b", "c"));
  expect(Noting.calls.slice(2)).toEqual(["put a,b,c", "put b,c"]);
  expect((await run.commit()).get(P0)).toBe(3);
});

test("holds back what belongs to paused partitions until they are resumed", async () => {
  Noting.onPut = (task, records) => {
    if (records.length > 0 && records[0]?.value === "a") task.context.pause([P0]);
    if (records.length === 0) task.context.resume([P0]);
  };
  await using run = await start();
  const partition = new TestPartition("t");
  await run.put(partition.appendStrings("a"));
  await run.put(partition.appendStrings("b"));
  expect(Noting.calls.slice(2)).toEqual(["put a", "put ", "put b"]);
});

test("keeps what tasks report, or gives them no reporter", async () => {
  Noting.onPut = (task, [record]) => {
    if (record) void task.context.errantRecordReporter?.report(record, new Error("bad"));
  };
  await using run = await start();
  await run.put(new TestPartition("t").appendStrings("a"));
  expect(run.reported.map(({ record, error }) => [record.value, error.message])).toEqual([
    ["a", "bad"],
  ]);
  await using without = await startSink(
    NotingConnector,
    { topics: "t" },
    { errantRecordReporter: false },
  );
  expect(without.taskContexts[0]?.errantRecordReporter).toBeNull();
});

test("pausing what is not assigned is refused", async () => {
  await using run = await start();
  expect(() => run.taskContexts[0]?.pause([P0])).toThrow("t-0 is not assigned to this task");
});
