import assert from "node:assert/strict";
import type { Props, SourceConnector, SourceRecord } from "@millrace/connect-api";
import { MemoryOffsets } from "../memory-offsets.ts";
import { RecordingLogger } from "../recording-logger.ts";
import { startSource } from "../source-run.ts";
import type { Check, CheckOptions, SourceDriver, SourcePlace } from "./driver.ts";
import { assertNothingLeft, openHandles } from "./leaks.ts";
import { assertFlat } from "./memory.ts";
import { assertNoSecrets, secretsOf, withWrongPasswords } from "./secrets.ts";
import { within } from "./within.ts";

const ITEMS = 6;
const ITEMS_WRITTEN_WHILE_STOPPED = 2;
const IDLE_MS = 300;
const MEMORY_PORTION = 1_000;
const RESUME_STEP_MS = 50;
const ABORT_LIMIT_MS = 1_000;
/** For a start with a wrong password, which may wait for the other system. */
const REFUSAL_LIMIT_MS = 30_000;

/** What every source connector must do, whatever it reads from. */
export function sourceChecks(
  driver: SourceDriver,
  load: () => Promise<new () => SourceConnector>,
  { waitMs = 10_000, memoryRecords = 0 }: CheckOptions = {},
): Check[] {
  const check = (
    name: string,
    run: (place: SourcePlace, connectorClass: new () => SourceConnector) => Promise<void>,
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

  const memory = check(
    `memory stays flat over ${memoryRecords} records`,
    async (place, connectorClass) => {
      await using run = await startSource(connectorClass, place.props);
      await assertFlat(memoryRecords, MEMORY_PORTION, async (_, portion) => {
        await place.write(portion);
        await run.take(portion, REFUSAL_LIMIT_MS);
        await run.commit();
      });
    },
  );
  return [
    ...(memoryRecords > 0 ? [memory] : []),
    check("starts and stops without data", async (place, connectorClass) => {
      await using run = await startSource(connectorClass, place.props);
      assert.deepEqual(await run.takeFor(IDLE_MS), []);
      await run.commit();
    }),
    check("a blocked poll returns within a second after abort", async (place, connectorClass) => {
      await using run = await startSource(connectorClass, place.props);
      await within(IDLE_MS + ABORT_LIMIT_MS, "poll to return after abort", run.takeFor(IDLE_MS));
    }),
    check("records carry topic, partition and offset", async (place, connectorClass) => {
      await place.write(ITEMS);
      await using run = await startSource(connectorClass, place.props);
      for (const record of await run.take(ITEMS, waitMs)) checkRecord(record);
    }),
    check("resumes from each offset without loss", (place, connectorClass) =>
      resumesFromEachOffset(place, connectorClass, waitMs),
    ),
    check("resumes with what was written while it was stopped", async (place, connectorClass) => {
      const offsets = new MemoryOffsets();
      await place.write(ITEMS);
      await readAndCommit(connectorClass, place.props, offsets);
      await place.write(ITEMS_WRITTEN_WHILE_STOPPED);
      await using run = await startSource(connectorClass, place.props, { offsets });
      await run.take(ITEMS_WRITTEN_WHILE_STOPPED, waitMs);
    }),
    check("leaves nothing open after stop", async (place, connectorClass) => {
      const offsets = new MemoryOffsets();
      await place.write(ITEMS);
      // The first run opens what a process opens once, such as the driver's own connections.
      await readAndCommit(connectorClass, place.props, offsets.copy());
      const before = await openHandles();
      await readAndCommit(connectorClass, place.props, offsets);
      await assertNothingLeft(before);
    }),
    check("shows no secret in log, error or validation", showsNoSecret),
  ];
}

async function resumesFromEachOffset(
  place: SourcePlace,
  connectorClass: new () => SourceConnector,
  waitMs: number,
): Promise<void> {
  const identify = (record: SourceRecord) => place.identify?.(record) ?? byKeyAndValue(record);
  await place.write(ITEMS);
  const first = await startSource(connectorClass, place.props);
  const records = await first.take(ITEMS, waitMs);
  await first.stop();

  for (let committed = 0; committed < records.length; committed += 1) {
    const offsets = new MemoryOffsets();
    offsets.commit(records.slice(0, committed));
    const missing = new Set(records.slice(committed).map(identify));
    await using run = await startSource(connectorClass, place.props, { offsets });
    const deadline = Date.now() + waitMs;
    while (missing.size > 0 && Date.now() < deadline) {
      for (const record of await run.takeFor(RESUME_STEP_MS)) missing.delete(identify(record));
    }
    assert.ok(
      missing.size === 0,
      `${missing.size} of ${records.length} records are lost when ${committed} were committed (I2)`,
    );
  }
}

async function showsNoSecret(
  place: SourcePlace,
  connectorClass: new () => SourceConnector,
): Promise<void> {
  const def = new connectorClass().config();
  const logger = new RecordingLogger();
  await place.write(1);
  await readAndCommit(connectorClass, place.props, new MemoryOffsets(), logger, 1);
  const values = await new connectorClass().validate(place.props);
  assertNoSecrets(secretsOf(def, place.props, place.secrets), { logger, errors: [], values });

  const wrong = withWrongPasswords(def, place.props);
  if (wrong.secrets.length === 0) return;
  const errors: unknown[] = [];
  const refused = await within(
    REFUSAL_LIMIT_MS,
    "start with a wrong password to end",
    startSource(connectorClass, wrong.props, { logger }).catch((error: unknown) => {
      errors.push(error);
    }),
  );
  if (refused !== undefined) {
    await refused.takeFor(IDLE_MS).catch((error: unknown) => errors.push(error));
    await refused.stop();
  }
  const wrongValues = await new connectorClass().validate(wrong.props);
  assertNoSecrets(wrong.secrets, { logger, errors, values: wrongValues });
}

async function readAndCommit(
  connectorClass: new () => SourceConnector,
  props: Props,
  offsets: MemoryOffsets,
  logger = new RecordingLogger(),
  count = ITEMS,
): Promise<void> {
  await using run = await startSource(connectorClass, props, { offsets, logger });
  await run.take(count);
  await run.commit();
}

function checkRecord(record: SourceRecord): void {
  assert.ok(record.topic, "a record must have a topic");
  assert.ok(record.sourcePartition, "a record must have a source partition");
  const offsets = new MemoryOffsets();
  assert.doesNotThrow(() => offsets.commit([record]), "the offset must be storable");
}

function byKeyAndValue(record: SourceRecord): string {
  return JSON.stringify([record.key, record.value], (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
}
