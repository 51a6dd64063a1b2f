import { parseConfig, type Props } from "@millrace/connect-api";
import { RecordingLogger } from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { CONFIG } from "./config.ts";
import { NO_OFFSET } from "./offset.ts";
import { type Slot, startLsn } from "./slot.ts";
import { chartCourse } from "./start-up.ts";

const REQUIRED = {
  "database.hostname": "h",
  "database.user": "u",
  "database.dbname": "d",
  "topic.prefix": "t",
};
const config = (props: Props) => parseConfig(CONFIG, { ...REQUIRED, ...props });

const SLOT: Slot = {
  plugin: "pgoutput",
  database: "d",
  activePid: null,
  confirmedLsn: 100,
  restartLsn: 90,
  walStatus: "reserved",
};
const DONE = { ...NO_OFFSET, lsn: 100, lastCommitLsn: 100, messageType: "COMMIT" };
const UNFINISHED = { ...NO_OFFSET, lsn: 100, isInSnapshot: true };
const LOST: Slot = { ...SLOT, walStatus: "lost" };

describe("snapshot.mode", () => {
  const based = (keys: Readonly<Record<string, boolean>>): Props => ({
    "snapshot.mode": "configuration_based",
    ...Object.fromEntries(
      Object.entries(keys).map(([key, value]) => [
        `snapshot.mode.configuration.based.${key}`,
        String(value),
      ]),
    ),
  });
  const mode = (name: string): Props => ({ "snapshot.mode": name });
  const COURSES: [Props, "none" | "unfinished" | "done", boolean, boolean][] = [
    [mode("initial"), "none", true, true],
    [mode("initial"), "unfinished", true, true],
    [mode("initial"), "done", false, true],
    [mode("always"), "done", true, true],
    [mode("no_data"), "none", false, true],
    [mode("initial_only"), "none", true, false],
    [mode("initial_only"), "done", false, false],
    [mode("when_needed"), "none", true, true],
    [mode("when_needed"), "done", false, true],
    [based({ "snapshot.data": true }), "none", true, false],
    [based({ "start.stream": true }), "none", false, true],
    [based({ "snapshot.data": true, "start.stream": true }), "done", false, true],
  ];

  test.each(COURSES)("%j with %s stored", (props, stored, snapshots, streams) => {
    const offset = { none: null, unfinished: UNFINISHED, done: DONE }[stored];
    const course = chartCourse(config(props), offset, SLOT, false);
    expect(course).toEqual({ snapshots, streams, renewsSlot: false });
  });

  test("always means once in a task's life", () => {
    expect(chartCourse(config(mode("always")), DONE, SLOT, true).snapshots).toBe(false);
  });

  test("what is lost is told, or read anew where that is allowed", () => {
    for (const slot of [undefined, LOST, { ...SLOT, restartLsn: null }]) {
      expect(() => chartCourse(config(mode("initial")), DONE, slot, false)).toThrow(
        /Take a new snapshot/,
      );
      const anew = { snapshots: true, streams: true, renewsSlot: slot !== undefined };
      expect(chartCourse(config(mode("when_needed")), DONE, slot, false)).toEqual(anew);
      const onError = based({ "snapshot.on.data.error": true, "start.stream": true });
      expect(chartCourse(config(onError), DONE, slot, false)).toEqual(anew);
    }
    expect(chartCourse(config(mode("initial_only")), DONE, undefined, false).streams).toBe(false);
  });
});

test("offset.mismatch.strategy decides between offset and slot", () => {
  const logger = new RecordingLogger();
  const at = (strategy: string, stored: number | null) =>
    startLsn(
      SLOT,
      { ...NO_OFFSET, lastCommitLsn: stored },
      config({ "offset.mismatch.strategy": strategy }),
      logger,
    );
  expect([at("no_validation", 120), at("trust_offset", 120), at("trust_slot", 120)]).toEqual([
    120, 120, 0,
  ]);
  expect([at("no_validation", 50), at("trust_greater_lsn", 50), at("trust_slot", 50)]).toEqual([
    50, 50, 0,
  ]);
  expect([at("no_validation", null), at("trust_offset", null)]).toEqual([0, 0]);
  expect(() => at("trust_offset", 50)).toThrow(/The offset is at 0\/32 and slot debezium at 0\/64/);
});
