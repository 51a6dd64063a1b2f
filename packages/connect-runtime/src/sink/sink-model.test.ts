import {
  ConnectError,
  RetriableError,
  SinkRecord,
  SinkTask,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import type { GroupConsumer } from "@millrace/kafka-client";
import * as fc from "fast-check";
import { expect, it, vi } from "vitest";
import { quietLogger, toleranceFor } from "../../test/support/failed-records.ts";
import { TEXT_CONVERTERS } from "../../test/support/text-converters.ts";
import { newCounters } from "../task/counters.ts";
import { TaskLife } from "../task/life.ts";
import { TaskMeasures } from "../task/measures.ts";
import { CommitSchedule } from "./commit-schedule.ts";
import { Deliverer } from "./deliver.ts";
import { ErrantRecords } from "./errant-records.ts";
import { PauseState } from "./pause-state.ts";
import type { SinkBatch } from "./read-batch.ts";
import { rebalanceListener } from "./rebalance.ts";
import { SinkContext } from "./sink-context.ts";
import { SinkOffsets } from "./sink-offsets.ts";

// A busy machine takes its time for so many runs.
vi.setConfig({ testTimeout: 60_000 });

const RECORDS = 30;
const PARTITIONS = [0, 1].map((partition) => ({ topic: "t", partition }));

/** What outlives every task: what the group has committed, and what the other system has. */
class World {
  readonly committed = PARTITIONS.map(() => 0);
  readonly durable = PARTITIONS.map(() => new Set<number>());

  /** The first record of a partition that the other system lacks. */
  firstMissing(partition: number): number {
    let offset = 0;
    while (this.durable[partition]!.has(offset)) offset++;
    return offset;
  }
}

/** A group consumer, as far as the sink's parts use it. */
class Consumer {
  readonly positions = new Map<number, number>();
  readonly #paused = new Set<number>();
  readonly #world: World;
  commitOutcome: "done" | "refused" | "done, and the answer lost" = "done";

  constructor(world: World) {
    this.#world = world;
  }

  assignment = () => PARTITIONS.filter(({ partition }) => this.positions.has(partition));
  resolvePosition = async ({ partition }: TopicPartition) => this.positions.get(partition)!;
  seek = ({ partition }: TopicPartition, offset: number) =>
    void this.positions.set(partition, offset);
  pause = (tps: TopicPartition[]) => {
    for (const { partition } of tps) this.#paused.add(partition);
  };
  resume = (tps: TopicPartition[]) => {
    for (const { partition } of tps) this.#paused.delete(partition);
  };

  async commit(offsets: readonly { partition: number; offset: number }[]): Promise<void> {
    if (this.commitOutcome === "refused") throw new Error("refused");
    for (const { partition, offset } of offsets) this.#world.committed[partition] = offset;
    if (this.commitOutcome !== "done") throw new Error("no answer");
  }

  poll(count: number): SinkBatch {
    const records: SinkRecord[] = [];
    const offsets = new TopicPartitionMap<number>();
    for (const tp of this.assignment().filter(({ partition }) => !this.#paused.has(partition))) {
      const from = this.positions.get(tp.partition)!;
      const to = Math.min(from + count, RECORDS);
      for (let kafkaOffset = from; kafkaOffset < to; kafkaOffset++) {
        records.push(new SinkRecord({ topic: "t", kafkaPartition: tp.partition, kafkaOffset }));
      }
      if (to > from) offsets.set(tp, to);
      this.positions.set(tp.partition, to);
    }
    return { records, offsets };
  }
}

/** Writes in the background, as sinks of batches do: what it holds is lost with it. */
class BufferingTask extends SinkTask {
  readonly #world: World;
  #buffer: SinkRecord[] = [];
  putOutcome: "taken" | "written at once" | "busy" | "busy after a part" | "broken" = "taken";
  flushOutcome: "all" | "a part" | "none" = "all";

  constructor(world: World) {
    super();
    this.#world = world;
  }
  start() {}
  stop() {}

  put(records: SinkRecord[]) {
    if (this.putOutcome === "broken") throw new ConnectError("broken");
    const held = this.#buffer.length;
    this.#buffer.push(...records.splice(0, Math.ceil(records.length / 2)));
    if (this.putOutcome === "busy after a part") this.#write(this.#buffer.length);
    if (this.putOutcome.startsWith("busy")) {
      // All of it is given again.
      this.#buffer.splice(held);
      throw new RetriableError("busy");
    }
    this.#buffer.push(...records);
    if (this.putOutcome === "written at once") this.#write(this.#buffer.length);
  }

  override async preCommit(offsets: TopicPartitionMap<number>) {
    if (this.flushOutcome === "none") throw new Error("disk full");
    this.#write(this.flushOutcome === "all" ? this.#buffer.length : this.#buffer.length / 2);
    return new TopicPartitionMap(
      [...offsets].map(([tp, offset]) => {
        const held = this.#buffer.find(({ kafkaPartition }) => kafkaPartition === tp.partition);
        return [tp, Math.min(offset, held?.kafkaOffset ?? offset)] as const;
      }),
    );
  }

  override close(partitions: readonly TopicPartition[]) {
    const gone = new Set(partitions.map(({ partition }) => partition));
    this.#buffer = this.#buffer.filter(({ kafkaPartition }) => !gone.has(kafkaPartition));
  }

  #write(count: number) {
    for (const { kafkaPartition, kafkaOffset } of this.#buffer.splice(0, count))
      this.#world.durable[kafkaPartition]!.add(kafkaOffset);
  }
}

/** The parts of a sink's loop, to be called in any order that a loop, a group and a broker may come to. */
class Life {
  readonly task: BufferingTask;
  readonly consumer: Consumer;
  readonly context = new SinkContext({}, quietLogger);
  readonly #world: World;
  readonly #life = new TaskLife("STARTED");
  readonly #offsets = new SinkOffsets(quietLogger);
  readonly #deliverer: Deliverer;
  readonly #pauses: PauseState;
  readonly #commits: CommitSchedule;
  readonly #listener;

  constructor(world: World) {
    this.#world = world;
    this.task = new BufferingTask(world);
    this.consumer = new Consumer(world);
    const measures = new TaskMeasures();
    const errants = new ErrantRecords({
      tolerance: toleranceFor({}),
      converters: TEXT_CONVERTERS,
      counters: newCounters(),
      hasDeadLetters: false,
      settleMs: 1_000,
      onFailure: (error) => this.#life.fail(error),
    });
    const parts = {
      task: this.task,
      life: this.#life,
      offsets: this.#offsets,
      logger: quietLogger,
    };
    this.#deliverer = new Deliverer({ ...parts, counters: newCounters(), measures, errants });
    this.#pauses = new PauseState(this.#life, this.context, this.#deliverer, () => {});
    this.#commits = new CommitSchedule(1_000, measures);
    this.#listener = rebalanceListener({
      ...parts,
      context: this.context,
      deliverer: this.#deliverer,
      pauses: this.#pauses,
      commits: this.#commits,
      consumer: () => this.consumer as unknown as GroupConsumer,
      onActiveTopic: () => {},
    });
  }

  get #asConsumer(): GroupConsumer {
    return this.consumer as unknown as GroupConsumer;
  }

  /** One round of the loop. @throws {ConnectError} when the task fails */
  async round(count: number): Promise<void> {
    this.#pauses.apply(this.#asConsumer);
    this.#offsets.rewindAll(this.#asConsumer, this.context.takeRewinds());
    await this.#deliverer.deliver(this.consumer.poll(count));
  }

  commit(): Promise<void> {
    const { signal } = new AbortController();
    return this.#commits.run(() => {
      this.#offsets.rewindAll(this.#asConsumer, this.context.takeRewinds());
      const all = this.consumer.assignment();
      return this.#offsets.commit(this.task, this.#asConsumer, all, signal);
    }, quietLogger);
  }

  async assign(tp: TopicPartition): Promise<void> {
    if (this.consumer.positions.has(tp.partition)) return;
    this.consumer.positions.set(tp.partition, this.#world.committed[tp.partition]!);
    await this.#listener.assigned([tp]);
  }

  async takeAway(tp: TopicPartition, isLost: boolean): Promise<void> {
    if (!this.consumer.positions.has(tp.partition)) return;
    await (isLost ? this.#listener.lost([tp]) : this.#listener.revoked([tp]));
    this.consumer.positions.delete(tp.partition);
  }

  /** The task drops what it holds of a partition, and asks for that, and more, to be read again. */
  rewind(tp: TopicPartition, share: number): void {
    if (!this.consumer.positions.has(tp.partition)) return;
    this.task.close([tp]);
    const offset = Math.floor(this.#world.firstMissing(tp.partition) * share);
    this.context.offset(new TopicPartitionMap([[tp, offset]]));
  }

  /** In good order, also after a failure. */
  async end(): Promise<void> {
    for (const tp of this.consumer.assignment()) await this.takeAway(tp, false);
  }
}

const partition = fc.constantFrom(...PARTITIONS);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("round" as const),
      count: fc.integer({ min: 0, max: 8 }),
      put: fc.constantFrom<BufferingTask["putOutcome"]>(
        "taken",
        "taken",
        "written at once",
        "busy",
        "busy after a part",
        "broken",
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("commit" as const),
      flush: fc.constantFrom<BufferingTask["flushOutcome"]>("all", "a part", "none"),
      answer: fc.constantFrom<Consumer["commitOutcome"]>(
        "done",
        "done",
        "refused",
        "done, and the answer lost",
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("assign", "revoke", "lose"), partition }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("rewind" as const),
      partition,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("kill", "stop") }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** @returns the life that goes on after the step: the same, or a new one */
async function take(life: Life, one: Step, world: World): Promise<Life> {
  switch (one.kind) {
    case "round":
      life.task.putOutcome = one.put;
      try {
        await life.round(one.count);
        return life;
      } catch {
        await life.end();
        return born(world);
      }
    case "commit":
      life.task.flushOutcome = one.flush;
      life.consumer.commitOutcome = one.answer;
      await life.commit();
      return life;
    case "rewind":
      life.rewind(one.partition, one.share);
      return life;
    case "kill":
      return born(world);
    case "stop":
      await life.end();
      return born(world);
    default: {
      const { kind, partition: tp } = one as { kind: string; partition: TopicPartition };
      if (kind === "assign") await life.assign(tp);
      else await life.takeAway(tp, kind === "lose");
      return life;
    }
  }
}

async function born(world: World): Promise<Life> {
  const life = new Life(world);
  for (const tp of PARTITIONS) await life.assign(tp);
  return life;
}

it("no offset is committed before everything up to it is durable, and nothing is left out, whoever dies between any two steps", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const world = new World();
      let life = await born(world);
      for (const one of steps) {
        life = await take(life, one, world);
        for (const { partition: p } of PARTITIONS)
          expect(world.committed[p]).toBeLessThanOrEqual(world.firstMissing(p));
      }
      life = await born(world);
      for (let round = 0; round < 2; round++) await life.round(RECORDS);
      await life.end();
      expect(world.committed).toEqual(PARTITIONS.map(() => RECORDS));
      expect(world.durable.map(({ size }) => size)).toEqual(PARTITIONS.map(() => RECORDS));
    }),
    { numRuns: 500 },
  );
});
