import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import {
  isConnectError,
  type Props,
  type SinkConnector,
  type SinkRecord,
} from "@millrace/connect-api";
import { sinkRecord, tombstone } from "../records.ts";
import { RecordingLogger } from "../recording-logger.ts";
import { type SinkRun, startSink } from "../sink-run.ts";
import type { Check, CheckOptions, SinkDriver, SinkPlace } from "./driver.ts";
import { assertNothingLeft, openHandles } from "./leaks.ts";
import { assertFlat } from "./memory.ts";
import { assertNoSecrets, secretsOf, withWrongPasswords } from "./secrets.ts";
import { within } from "./within.ts";

const ITEMS = 6;
const SPLIT_AT = 4;
const MEMORY_PORTION = 1_000;
const TRY_EVERY_MS = 10;
/** For a start with a wrong password, which may wait for the other system. */
const REFUSAL_LIMIT_MS = 30_000;

/** What every sink connector must do, whatever it writes to. */
export function sinkChecks(
  driver: SinkDriver,
  load: () => Promise<new () => SinkConnector>,
  { waitMs = 10_000, memoryRecords = 0 }: CheckOptions = {},
): Check[] {
  const check = (
    name: string,
    run: (place: SinkPlace, connectorClass: new () => SinkConnector) => Promise<void>,
  ): Check => ({
    name,
    run: async () => {
      const connectorClass = await load();
      const place = await driver.open();
      try {
        await run(place, connectorClass);
      } finally {
        await place.close?.();
      }
    },
  });

  const checks = [
    check("starts and stops without data", async (place, connectorClass) => {
      await using run = await startSink(connectorClass, place.props);
      await run.open([{ topic: topicOf(place.props), partition: 0 }]);
      await run.putNothing();
      await run.commit();
    }),
    check("what is committed is written", async (place, connectorClass) => {
      const records = recordsOf(place);
      await using run = await startSink(connectorClass, place.props);
      await run.put(records);
      const committed = await commitAll(run, records, waitMs);
      assertContains(await place.read(), place, records.slice(0, committed));
    }),
    check("records put again after a crash are not lost", async (place, connectorClass) => {
      const records = recordsOf(place);
      const crashed = await startSink(connectorClass, place.props);
      await crashed.put(records.slice(0, SPLIT_AT));
      const committed = offsetIn(await crashed.commit(), records);
      await crashed.put(records.slice(SPLIT_AT));
      await crashed.crash();
      await writeAll(connectorClass, place.props, records.slice(committed));
      assertContains(await place.read(), place, records);
    }),
    check("a tombstone does not crash the task", async (place, connectorClass) => {
      const run = await startSink(connectorClass, place.props);
      try {
        await run.put(recordsOf(place).slice(0, 1));
        await putTombstone(run, place);
      } finally {
        await run.crash();
      }
    }),
    check("leaves nothing open after stop", async (place, connectorClass) => {
      const records = recordsOf(place);
      // The first run opens what a process opens once, such as the driver's own connections.
      await writeAll(connectorClass, place.props, records);
      const before = await openHandles();
      await writeAll(connectorClass, place.props, records);
      await assertNothingLeft(before);
    }),
    check("shows no secret in log, error or validation", showsNoSecret),
  ];
  if (memoryRecords > 0) {
    checks.push(
      check(`memory stays flat over ${memoryRecords} records`, (place, connectorClass) =>
        memoryStaysFlat(place, connectorClass, memoryRecords),
      ),
    );
  }
  if (!driver.idempotent) return checks;
  return [
    ...checks,
    check("repeated put leaves no duplicates", async (place, connectorClass) => {
      const records = recordsOf(place);
      const expected = records.map((record) => place.identify(record)).toSorted();
      const first = await startSink(connectorClass, place.props);
      await first.put(records);
      await first.put(records);
      await first.stop();
      assert.deepEqual((await place.read()).toSorted(), expected, "after the same task put twice");
      await writeAll(connectorClass, place.props, records);
      assert.deepEqual((await place.read()).toSorted(), expected, "after a new task put again");
    }),
  ];
}

async function memoryStaysFlat(
  place: SinkPlace,
  connectorClass: new () => SinkConnector,
  count: number,
): Promise<void> {
  await using run = await startSink(connectorClass, place.props);
  await assertFlat(count, MEMORY_PORTION, async (from, portion) => {
    const records = recordsOf(place, from, portion);
    await run.put(records);
    await commitAll(run, records, REFUSAL_LIMIT_MS);
  });
}

async function showsNoSecret(
  place: SinkPlace,
  connectorClass: new () => SinkConnector,
): Promise<void> {
  const def = new connectorClass().config();
  const logger = new RecordingLogger();
  await writeAll(connectorClass, place.props, recordsOf(place), logger);
  const values = await new connectorClass().validate(place.props);
  assertNoSecrets(secretsOf(def, place.props, place.secrets), { logger, errors: [], values });

  const wrong = withWrongPasswords(def, place.props);
  if (wrong.secrets.length === 0) return;
  const errors: unknown[] = [];
  await within(
    REFUSAL_LIMIT_MS,
    "writing with a wrong password to end",
    writeAll(connectorClass, wrong.props, recordsOf(place), logger).catch((error: unknown) => {
      errors.push(error);
    }),
  );
  const wrongValues = await new connectorClass().validate(wrong.props);
  assertNoSecrets(wrong.secrets, { logger, errors, values: wrongValues });
}

/** Refusing a tombstone is right when the error says which record it is; any other error is a crash. */
async function putTombstone(run: SinkRun, place: SinkPlace): Promise<void> {
  const { key, keySchema } = place.record(0);
  const record = tombstone({ topic: topicOf(place.props), kafkaOffset: 1, keySchema, key });
  try {
    await run.put([record]);
    await run.commit();
  } catch (error) {
    assert.ok(
      isConnectError(error) && error.message.includes(record.topic),
      `a tombstone must be taken, or refused by an error that names it; thrown was ${String(error)}`,
    );
  }
}

async function writeAll(
  connectorClass: new () => SinkConnector,
  props: Props,
  records: readonly SinkRecord[],
  logger = new RecordingLogger(),
): Promise<void> {
  const run = await startSink(connectorClass, props, { logger });
  try {
    await run.put(records, REFUSAL_LIMIT_MS / 3);
    await commitAll(run, records);
  } catch (error) {
    await run.crash();
    throw error;
  }
  await run.stop();
}

/** Commits until the task allows the last offset; returns how many records that covers. */
async function commitAll(
  run: SinkRun,
  records: readonly SinkRecord[],
  waitMs = 10_000,
): Promise<number> {
  const deadline = Date.now() + waitMs;
  const end = (records.at(-1)?.kafkaOffset ?? -1) + 1;
  let committed = offsetIn(await run.commit(), records);
  while (committed < end) {
    assert.ok(
      Date.now() < deadline,
      `preCommit allowed only ${committed} of ${end} records within ${waitMs} ms`,
    );
    // Without a pause a task that answers at once would keep its own requests from ending.
    await sleep(TRY_EVERY_MS);
    await run.putNothing();
    committed = Math.max(committed, offsetIn(await run.commit(), records));
  }
  return committed;
}

function offsetIn(
  committed: Awaited<ReturnType<SinkRun["commit"]>>,
  records: readonly SinkRecord[],
): number {
  const [first] = records;
  if (first === undefined) return 0;
  return committed.get({ topic: first.topic, partition: first.kafkaPartition }) ?? 0;
}

function recordsOf(place: SinkPlace, from = 0, count = ITEMS): SinkRecord[] {
  const topic = topicOf(place.props);
  return Array.from({ length: count }, (_, i) =>
    sinkRecord({ topic, kafkaOffset: from + i, ...place.record(from + i) }),
  );
}

function topicOf(props: Props): string {
  const [topic] = (props["topics"] ?? "").split(",");
  assert.ok(topic, `the driver's props must name a topic under "topics"`);
  return topic;
}

function assertContains(
  read: readonly string[],
  place: SinkPlace,
  records: readonly SinkRecord[],
): void {
  const found = new Set(read);
  const lost = records.map((record) => place.identify(record)).filter((item) => !found.has(item));
  assert.deepEqual(lost, [], "committed records are missing in the other system (I1)");
}
