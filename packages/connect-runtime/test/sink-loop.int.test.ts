import {
  RetriableError,
  type SinkRecord,
  type SinkTaskContext,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { sharedKafka } from "@millrace/services";
import { describe, expect, test } from "vitest";
import { createTopic, uniqueName, writeRecords } from "./support/kafka-topics.ts";
import { createScriptedSink } from "./support/scripted-sink.ts";
import { StandaloneWorker } from "./support/standalone-worker.ts";
import { until } from "./support/until.ts";

/** Nothing is committed by the clock, and nothing waits for it. */
const NEVER = { "offset.flush.interval.ms": "3600000" };

/** `partition@offset` */
const places = (records: readonly SinkRecord[]) =>
  records.map(({ kafkaPartition, kafkaOffset }) => `${kafkaPartition}@${kafkaOffset}`);
const names = (partitions: readonly TopicPartition[]) =>
  partitions.map(({ topic, partition }) => `${topic}-${partition}`).toSorted();

/** A topic with so many records in each of its partitions, and a worker whose sinks the test scripts. */
async function setUp(perPartition: readonly number[], props: Record<string, string> = NEVER) {
  const servers = await sharedKafka();
  const topic = uniqueName("sink-loop");
  await createTopic(servers, topic, perPartition.length, {});
  const write = (partition: number, count: number) =>
    writeRecords(
      servers,
      topic,
      Array.from({ length: count }, (_, n) => ({ partition, key: null, value: `${n}` })),
    );
  for (const [partition, count] of perPartition.entries())
    if (count > 0) await write(partition, count);
  const worker = await StandaloneWorker.start(servers, props);
  const at = (partition: number, offset: number) =>
    new TopicPartitionMap([[{ topic, partition }, offset]]);
  return { servers, topic, worker, write, at };
}

describe("what a sink task asks of its context", () => {
  test("offset() in open: not a record from elsewhere comes before", async () => {
    const { topic, worker, at } = await setUp([10]);
    const got: string[] = [];
    await createScriptedSink(worker, topic, {
      open: (context) => context.offset(at(0, 7)),
      put: (_, records) => void got.push(...places(records)),
    });
    await until("the last record came", () => got.includes("0@9"));
    expect(got).toEqual(["0@7", "0@8", "0@9"]);
  });

  test("offset() in put: reads on from there, and commits nothing past it before", async () => {
    const { topic, worker, at } = await setUp([4]);
    const puts: string[][] = [];
    const mayCommit: number[] = [];
    await createScriptedSink(worker, topic, {
      put: (context, records) => {
        if (records.length === 0) return;
        puts.push(places(records));
        if (puts.length === 1) context.offset(at(0, 2));
        context.requestCommit();
      },
      preCommit: (_, offsets) => void mayCommit.push(...offsets.values()),
    });
    await until("records came again", () => mayCommit.length === 2);
    expect(mayCommit).toEqual([2, 4]);
    expect(puts).toEqual([
      ["0@0", "0@1", "0@2", "0@3"],
      ["0@2", "0@3"],
    ]);
  });

  test("offset() of a partition that is another's fails the task", async () => {
    const { topic, worker, at } = await setUp([1]);
    await createScriptedSink(worker, topic, {
      put: (context) => {
        context.offset(at(7, 0));
        context.requestCommit();
      },
    });
    const trace = async () => (await worker.client.status(topic))?.tasks[0]?.trace;
    await expect.poll(trace, { timeout: 30_000 }).toMatch(new RegExp(`${topic}-7`));
  });

  test("requestCommit(): commits without waiting for the interval", async () => {
    const { topic, worker } = await setUp([5]);
    await createScriptedSink(worker, topic, {
      put: (context, records) => {
        if (records.length > 0) context.requestCommit();
      },
    });
    await expect.poll(() => worker.committed(topic), { timeout: 30_000 }).toBe(5);
  });

  test("timeout(): put is called again by then, with nothing where nothing came", async () => {
    const { topic, worker, write } = await setUp([1]);
    const puts: string[][] = [];
    await createScriptedSink(worker, topic, {
      put: (context, records) => {
        puts.push(places(records));
        context.timeout(20);
      },
    });
    await until("put was called with nothing", () => puts.length >= 5);
    await write(0, 1);
    await until("records come all the same", () => puts.flat().length === 2);
    expect(puts.flat()).toEqual(["0@0", "0@1"]);
  });

  test("pause() and resume(): one partition waits, and an operator's pause changes nothing about it", async () => {
    const { topic, worker, write } = await setUp([1, 1]);
    const got: string[] = [];
    let context!: SinkTaskContext;
    let resuming = false;
    const first = [{ topic, partition: 0 }];
    await createScriptedSink(worker, topic, {
      open: (own) => {
        context = own;
        context.pause(first);
      },
      put: (_, records) => {
        got.push(...places(records));
        if (resuming) context.resume(first);
        context.timeout(20);
      },
    });
    await until("the other partition flows", () => got.includes("1@0"));
    await worker.client.ask("pause", topic);
    await worker.client.waitFor(topic, "PAUSED");
    await write(1, 1);
    await worker.client.ask("resume", topic);
    await until("it flows again", () => got.includes("1@1"));
    expect(got).toEqual(["1@0", "1@1"]);
    resuming = true;
    await until("the first one flows, too", () => got.includes("0@0"));
  });
});

describe("a put that fails with a retriable error", () => {
  test("is called again with the same records, whatever it did to them, by the time it names", async () => {
    const { topic, worker, write } = await setUp([3]);
    const puts: string[][] = [];
    await createScriptedSink(worker, topic, {
      put: async (context, records) => {
        puts.push(places(records));
        if (puts.length > 2) return;
        records.splice(0);
        // These may not overtake.
        if (puts.length === 1) await write(0, 1);
        context.timeout(50);
        throw new RetriableError("busy");
      },
    });
    await until("the last record came", () => puts.flat().includes("0@3"));
    const batch = ["0@0", "0@1", "0@2"];
    expect(puts.slice(0, 3)).toEqual([batch, batch, batch]);
    expect(puts.slice(3).flat()).toEqual(["0@3"]);
  });
});

test("preCommit that throws: what came since the last commit comes again", async () => {
  const { topic, worker, write } = await setUp([2]);
  const got: string[] = [];
  let commits = 0;
  await createScriptedSink(worker, topic, {
    put: (context, records) => {
      got.push(...places(records));
      if (records.length > 0) context.requestCommit();
    },
    preCommit: () => {
      if (++commits === 2) throw new Error("disk full");
    },
  });
  await expect.poll(() => worker.committed(topic), { timeout: 30_000 }).toBe(2);
  await write(0, 2);
  await expect.poll(() => worker.committed(topic), { timeout: 30_000 }).toBe(4);
  expect(got).toEqual(["0@0", "0@1", "0@2", "0@3", "0@2", "0@3"]);
});

test("a put that takes longer than max.poll.interval.ms keeps its partitions", async () => {
  const { topic, worker } = await setUp([3]);
  const got: string[] = [];
  const closed: string[] = [];
  await createScriptedSink(
    worker,
    topic,
    {
      put: async (context, records) => {
        got.push(...places(records));
        if (records.length === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 3_500));
        context.requestCommit();
      },
      close: (_, partitions) => void closed.push(...names(partitions)),
    },
    { "consumer.override.max.poll.interval.ms": "1500" },
  );
  await expect.poll(() => worker.committed(topic), { timeout: 30_000 }).toBe(3);
  expect([got, closed]).toEqual([["0@0", "0@1", "0@2"], []]);
});

test.each([
  ["is given up and opened again with an eager assignor", "RangeAssignor", true],
  ["stays with a cooperative one", "CooperativeStickyAssignor", false],
])("topics.regex: a new topic is read; what was open %s", async (_, assignor, givesUp) => {
  const { servers, topic, worker } = await setUp([1]);
  const events: string[] = [];
  const got: string[] = [];
  await createScriptedSink(
    worker,
    topic,
    {
      open: (_context, partitions) => void events.push(`open ${names(partitions).join()}`),
      put: (_context, records) => void got.push(...records.map((record) => record.topic)),
      close: (_context, partitions) => void events.push(`close ${names(partitions).join()}`),
    },
    {
      topics: "",
      "topics.regex": `${topic}.*`,
      "consumer.override.metadata.max.age.ms": "300",
      "consumer.override.partition.assignment.strategy": `org.apache.kafka.clients.consumer.${assignor}`,
    },
  );
  await until("the first topic is read", () => got.includes(topic));
  const second = `${topic}-second`;
  await createTopic(servers, second, 1, {});
  await writeRecords(servers, second, [{ key: null, value: "1" }]);
  await until("the second topic is read", () => got.includes(second));
  const both = [`${topic}-0`, `${second}-0`].toSorted().join();
  const expected = givesUp
    ? [`open ${topic}-0`, `close ${topic}-0`, `open ${both}`]
    : [`open ${topic}-0`, `open ${second}-0`];
  expect(events).toEqual(expected);
});

test("a second member takes its share, once the first one has committed what it put", async () => {
  const { topic, worker, write } = await setUp([2, 2]);
  const [first, second]: [string[], string[]] = [[], []];
  const events: string[] = [];
  const soon = { "consumer.override.heartbeat.interval.ms": "200" };
  await createScriptedSink(
    worker,
    topic,
    {
      put: (_, records) => void first.push(...places(records)),
      preCommit: () => void events.push("preCommit"),
      close: () => void events.push("close"),
    },
    soon,
  );
  await until("all is put", () => first.length === 4);
  const script = {
    open: () => void events.push("opened by the second"),
    put: (_: unknown, records: readonly SinkRecord[]) => void second.push(...places(records)),
  };
  await createScriptedSink(worker, `${topic}-2`, script, {
    ...soon,
    topics: topic,
    "consumer.override.group.id": `connect-${topic}`,
  });
  await until("the second one has joined", () => events.length === 3);
  expect(events).toEqual(["preCommit", "close", "opened by the second"]);
  await write(0, 1);
  await write(1, 1);
  await until("both read on", () => first.length + second.length === 6);
  expect(second).toHaveLength(1);
  expect([...first.slice(4), ...second].toSorted()).toEqual(["0@2", "1@2"]);
});
