import { SinkRecord, type TopicPartition } from "@millrace/connect-api";
import type { SinkRun } from "@millrace/connect-testkit";
import { sharedElasticsearch } from "@millrace/services";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { documents, dropIndex, uniqueName } from "./elasticsearch.ts";
import { type BulkRequest, type Fault, FaultProxy } from "./fault-proxy.ts";
import { Random } from "./random.ts";
import { startElasticsearchSink } from "./sink.ts";

const PARTITIONS = 3;
const RECORDS_PER_PARTITION = 150;
const KEYS_PER_PARTITION = 12;
const READ_TIMEOUT_MS = 300;
/** About half of a full request. */
const MAX_BYTES = 1500;

type Value = Record<string, number> | null;

interface Mode {
  readonly props: Record<string, string>;
  /** A request may reach the server after a later one: harmless where records carry versions. */
  readonly stragglers: boolean;
  readonly deletes: boolean;
  readonly apply: (before: Value | undefined, value: Value) => Value;
}

const MODES: Record<string, Mode> = {
  insert: {
    props: {},
    stragglers: true,
    deletes: false,
    apply: (_before, value) => value,
  },
  "insert and delete": {
    props: { "behavior.on.null.values": "delete" },
    stragglers: true,
    deletes: true,
    apply: (_before, value) => value,
  },
  "upsert and delete": {
    props: { "behavior.on.null.values": "delete", "write.method": "upsert" },
    stragglers: false,
    deletes: true,
    apply: (before, value) => (value === null ? null : { ...before, ...value }),
  },
};

/** Records of a few keys, each key in one partition as Kafka's partitioner has it. */
function makeLog(topic: string, random: Random, deletes: boolean): SinkRecord[][] {
  return Array.from({ length: PARTITIONS }, (_, kafkaPartition) => {
    let kafkaOffset = 0;
    return Array.from({ length: RECORDS_PER_PARTITION }, (_record, i) => {
      kafkaOffset += 1 + random.below(3);
      const key = `p${kafkaPartition}-k${random.below(KEYS_PER_PARTITION)}`;
      const value =
        deletes && random.chance(0.2) ? null : { [`f${random.below(4)}`]: i, always: kafkaOffset };
      return new SinkRecord({ topic, kafkaPartition, kafkaOffset, key, value });
    });
  });
}

function expectedDocuments(
  log: readonly (readonly SinkRecord[])[],
  apply: Mode["apply"],
): Map<string, Value> {
  const model = new Map<string, Value>();
  for (const record of log.flat()) {
    const id = String(record.key);
    const after = apply(model.get(id), record.value as Value);
    if (after === null) model.delete(id);
    else model.set(id, after);
  }
  return model;
}

function randomFault(
  random: Random,
  { stragglers }: Mode,
  { bytes, documents: sent }: BulkRequest,
): Fault | undefined {
  if (bytes > MAX_BYTES && sent.length > 1) return { kind: "answer", status: 413 };
  if (random.chance(0.6)) return undefined;
  const seed = random.below(2 ** 31);
  const late = stragglers ? READ_TIMEOUT_MS * 2 : READ_TIMEOUT_MS / 8;
  return random.of<Fault>([
    { kind: "answer", status: 429 },
    { kind: "answer", status: 502, body: "<html>" },
    { kind: "items", status: 429, pick: (i) => new Random(seed + i).chance(0.3) },
    { kind: "items", status: 503, pick: (i) => new Random(seed + i).chance(0.8) },
    { kind: "reset-before" },
    { kind: "reset-after" },
    { kind: "answer-late", ms: READ_TIMEOUT_MS * 2 },
    { kind: "pass-late", ms: random.below(late) },
  ]);
}

/** A worker in small: reads on from what was committed, commits now and then, crashes or stops. */
async function runOnce(
  run: SinkRun,
  log: readonly (readonly SinkRecord[])[],
  committed: number[],
  random: Random,
  mode: Mode,
): Promise<void> {
  const positions = log.map((records, partition) =>
    records.findIndex(({ kafkaOffset }) => kafkaOffset >= (committed[partition] ?? 0)),
  );
  const lifetime = 20 + random.below(40);
  for (let round = 0; round < lifetime; round++) {
    const partition = random.below(PARTITIONS);
    const from = positions[partition] ?? -1;
    const batch = from < 0 ? [] : (log[partition] ?? []).slice(from, from + random.below(40));
    if (batch.length > 0) await run.put(batch);
    else await run.putNothing();
    positions[partition] = from < 0 ? from : from + batch.length;
    if (random.chance(0.2)) remember(committed, await run.commit());
    if (random.chance(0.3)) await sleep(random.below(10));
  }
  // Requests that a crash leaves behind may be applied later than what the next run sends.
  if (mode.stragglers && random.chance(0.7)) {
    await run.crash();
  } else {
    await run.stop();
    remember(committed, run.committed);
  }
}

function remember(committed: number[], offsets: Iterable<[TopicPartition, number]>): void {
  for (const [{ partition }, offset] of offsets) committed[partition] = offset;
}

describe.each(Object.entries(MODES))("%s", (_name, mode) => {
  test.each([1, 2])(
    "documents are those of the records, whatever goes wrong on the way (seed %i)",
    async (seed) => {
      const random = new Random(seed);
      const topic = uniqueName();
      await using proxy = await FaultProxy.start(await sharedElasticsearch());
      const log = makeLog(topic, random, mode.deletes);
      const ends = log.map((records) => (records.at(-1)?.kafkaOffset ?? 0) + 1);
      const committed = ends.map(() => 0);
      let calm = false;
      proxy.fault = (bulk) => (calm ? undefined : randomFault(random, mode, bulk));
      try {
        for (let runs = 0; committed.some((offset, i) => offset !== ends[i]); runs++) {
          calm = runs > 40;
          expect(runs).toBeLessThan(60);
          const run = await startElasticsearchSink(topic, {
            "connection.url": proxy.url,
            "batch.size": "25",
            "max.retries": "1000",
            "retry.backoff.ms": "2",
            "read.timeout.ms": String(READ_TIMEOUT_MS),
            ...mode.props,
          });
          await runOnce(run, log, committed, random, mode);
        }
        await sleep(READ_TIMEOUT_MS * 2);
        expect(await documents(topic)).toEqual(expectedDocuments(log, mode.apply));
        // Only where versions settle every order may a document be in two requests.
        expect(mode.deletes ? [...proxy.overlapping] : []).toEqual([]);
      } finally {
        await dropIndex(topic);
      }
    },
  );
});
