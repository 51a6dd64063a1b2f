import { expect, it } from "vitest";
import { GOLDEN_TOPICS, toLogRecord } from "../../test/support/golden-topics.ts";
import { recordingLogger } from "../../test/support/recording-logger.ts";
import type { LogWrite } from "./compacted-log.ts";
import * as write from "./config-records.ts";
import { ConfigState } from "./config-state.ts";
import { PartitionKeys } from "./partition-keys.ts";
import {
  keyText,
  parseActiveTopic,
  parseKey,
  parseStatus,
  type StatusKey,
  statusRecord,
  topicRecord,
} from "./status-records.ts";

it("the config topic: every record is understood, and written again to the same JSON", () => {
  const written: LogWrite[] = [];
  const logger = recordingLogger();
  const state = new ConfigState("connect-configs", logger, {
    restartRequested: (request) => written.push(write.restartRecord(request)),
    loggerLevelChanged: (...change) => written.push(write.loggerLevelRecord(...change)),
  });
  state.goLive();
  for (const record of GOLDEN_TOPICS["connect-configs"]) {
    state.apply(toLogRecord(record));
    const again = rewritten(record.key, record.value, state) ?? written.pop();
    expect(again?.key.toString()).toBe(record.key);
    const text = again?.value?.toString() ?? null;
    expect(text && JSON.parse(text)).toEqual(record.value && JSON.parse(record.value));
    // All but those with properties, whose order is not Java's.
    expect(text === record.value || /^(connector|task)-/.test(record.key)).toBe(true);
  }
  expect(logger.lines).toEqual([]);
  expect(state.snapshot().offset).toBe(GOLDEN_TOPICS["connect-configs"].length);
  expect([...state.snapshot().connectors()].toSorted()).toEqual(
    ["a%2Fc", "a/b", "badjson", "failtask", "ist-paused", "ist-running", "ist-stopped"].concat([
      "smtfail",
      "src-short",
      "src-short2",
      "src1",
      "src2",
    ]),
  );
});

it("the offsets topic: keys and values are given back byte by byte", () => {
  const keys = new PartitionKeys();
  for (const { key, value, timestamp } of GOLDEN_TOPICS["connect-offsets"].map(toLogRecord)) {
    expect(keys.apply(key, value, timestamp)).toBeUndefined();
    expect(keys.value(key.toString())).toBe(value?.toString());
    expect(keys.key(key.toString())).toBe(value === null ? undefined : key.toString());
  }
});

it("the status topic: every record is understood, and written again to the same bytes", () => {
  for (const { key, value } of GOLDEN_TOPICS["connect-status"].map(toLogRecord)) {
    const parsed = parseKey(key.toString())!;
    expect(keyText(parsed)).toBe(key.toString());
    expect(statusAgain(parsed, value).value?.toString()).toBe(value?.toString());
  }
});

function statusAgain(key: StatusKey, value: Buffer | null): LogWrite {
  return key.kind === "topic"
    ? topicRecord(key, value === null ? undefined : parseActiveTopic(value))
    : statusRecord(key, value === null ? undefined : parseStatus(value));
}

/** The record written anew from what the state made of it; undefined for events. */
function rewritten(key: string, value: string | null, state: ConfigState): LogWrite | undefined {
  const snapshot = state.snapshot();
  const [, prefix = "", rest = ""] = /^(target-state-|connector-|task-|commit-)?(.*)$/s.exec(key)!;
  const gone = value === null;
  switch (prefix) {
    case "target-state-":
      return write.targetStateRecord(rest, gone ? null : snapshot.targetState(rest));
    case "connector-":
      return write.connectorRecord(rest, gone ? null : snapshot.connectorConfig(rest)!);
    case "commit-":
      // Of a connector that is gone the state keeps nothing: its commits are dropped.
      return write.commitRecord(
        rest,
        snapshot.has(rest) ? snapshot.taskCount(rest) : JSON.parse(value!).tasks,
      );
    case "task-": {
      const [name, id] = [
        rest.slice(0, rest.lastIndexOf("-")),
        rest.slice(rest.lastIndexOf("-") + 1),
      ];
      return write.taskRecord(name, Number(id), taskOf(key, value));
    }
    default:
      return key === write.SESSION_KEY ? write.sessionKeyRecord(snapshot.sessionKey!) : undefined;
  }
}

/** A task's configuration shows with its commit: it is committed beside, in a state of its own. */
function taskOf(key: string, value: string | null) {
  const alone = new ConfigState("alone", recordingLogger());
  const name = key.slice("task-".length, key.lastIndexOf("-"));
  const zero = { key: Buffer.from(`task-${name}-0`), value: Buffer.from(value ?? "") };
  const records = [write.connectorRecord(name, {}), zero, write.commitRecord(name, 1)];
  for (const [offset, record] of records.entries())
    alone.apply({ partition: 0, offset, timestamp: 0, ...record });
  return alone.snapshot().taskConfigs(name)[0]!;
}
