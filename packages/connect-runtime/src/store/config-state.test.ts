import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Props } from "@millrace/connect-api";
import { recordingLogger } from "../../test/support/recording-logger.ts";
import type { TargetState } from "../threads/units.ts";
import type { LogRecord, LogWrite } from "./compacted-log.ts";
import {
  commitRecord,
  connectorRecord,
  loggerLevelRecord,
  restartRecord,
  sessionKeyRecord,
  targetStateRecord,
  taskCountRecord,
  taskRecord,
} from "./config-records.ts";
import type { ConfigSnapshot } from "./config-snapshot.ts";
import { type ConfigListener, ConfigState } from "./config-state.ts";

function recordingListener() {
  const events: string[] = [];
  const listener: ConfigListener = {
    connectorUpdated: (name) => events.push(`updated ${name}`),
    connectorRemoved: (name) => events.push(`removed ${name}`),
    tasksUpdated: (name) => events.push(`tasks ${name}`),
    targetStateChanged: (name) => events.push(`target ${name}`),
    sessionKeyUpdated: ({ algorithm }) => events.push(`key ${algorithm}`),
    restartRequested: (request) => events.push(`restart ${JSON.stringify(request)}`),
    loggerLevelChanged: (namespace, level) => events.push(`level ${namespace} ${level}`),
  };
  return { events, listener };
}

/** A state that is live, unless told otherwise, and what it logs and tells. */
function stateOf(writes: readonly LogWrite[], { live = true } = {}) {
  const logger = recordingLogger();
  const { events, listener } = recordingListener();
  const state = new ConfigState("configs", logger, listener);
  if (live) state.goLive();
  let next = 0;
  const apply = (more: readonly LogWrite[]) => {
    for (const record of more) state.apply(at(next++, record));
  };
  apply(writes);
  return { state, apply, events, lines: logger.lines };
}

function at(offset: number, { key, value }: LogWrite): LogRecord {
  return { partition: 0, offset, timestamp: 0, key, value };
}

function raw(key: string, value: string | null): LogWrite {
  return { key: Buffer.from(key), value: value === null ? null : Buffer.from(value) };
}

const CONFIG = { "connector.class": "X", name: "c" };
const tasks = (name: string, ...configs: Props[]) => [
  ...configs.map((props, task) => taskRecord(name, task, props)),
  commitRecord(name, configs.length),
];

/** All that a snapshot tells of one connector. */
function view(snapshot: ConfigSnapshot, name: string) {
  return {
    config: snapshot.connectorConfig(name),
    target: snapshot.targetState(name),
    count: snapshot.taskCount(name),
    tasks: snapshot.taskConfigs(name),
    inconsistent: snapshot.isInconsistent(name),
    applied: snapshot.appliedConnectorConfig(name),
    generation: snapshot.taskConfigGeneration(name),
    record: snapshot.taskCountRecord(name),
    pending: snapshot.pendingFencing(name),
  };
}

describe("task configurations", () => {
  it("count from their commit on, all at once", () => {
    const { state, apply, events } = stateOf([
      connectorRecord("c", CONFIG),
      taskRecord("c", 0, { a: "0" }),
      taskRecord("c", 1, { a: "1" }),
    ]);
    expect(state.snapshot().taskConfigs("c")).toEqual([]);
    apply([commitRecord("c", 2)]);
    expect(view(state.snapshot(), "c")).toEqual({
      config: CONFIG,
      target: "STARTED",
      count: 2,
      tasks: [{ a: "0" }, { a: "1" }],
      inconsistent: false,
      applied: CONFIG,
      generation: 1,
      record: undefined,
      pending: true,
    });
    expect(events).toEqual(["updated c", "tasks c"]);
  });

  it.each([
    ["one is missing", [taskRecord("c", 0, {}), commitRecord("c", 2)]],
    ["one is too many", [taskRecord("c", 0, {}), taskRecord("c", 1, {}), commitRecord("c", 1)]],
    ["numbers have a gap", [taskRecord("c", 0, {}), taskRecord("c", 2, {}), commitRecord("c", 2)]],
    ["none came", [commitRecord("c", 3)]],
  ])("are unknown where %s, until a full set comes", (_, records) => {
    const { state, apply } = stateOf([connectorRecord("c", CONFIG), ...tasks("c", { old: "1" })]);
    apply(records);
    expect(view(state.snapshot(), "c")).toMatchObject({
      count: 0,
      tasks: [],
      inconsistent: true,
      generation: 1,
      pending: true,
    });
    apply(tasks("c", { a: "new" }));
    expect(view(state.snapshot(), "c")).toMatchObject({
      count: 1,
      tasks: [{ a: "new" }],
      inconsistent: false,
      generation: 2,
    });
  });

  it("remember the connector configuration they were made of", () => {
    const { state } = stateOf([
      connectorRecord("c", CONFIG),
      ...tasks("c", {}),
      connectorRecord("c", { ...CONFIG, a: "b" }),
    ]);
    expect(state.snapshot().appliedConnectorConfig("c")).toEqual(CONFIG);
  });

  it("belong to connectors with dashes and digits in their names", () => {
    const { state } = stateOf([connectorRecord("a-1-", CONFIG), ...tasks("a-1-", { a: "x" })]);
    expect(state.snapshot().taskConfigs("a-1-")).toEqual([{ a: "x" }]);
  });

  it("may have nulls of Java plugins, which are left out", () => {
    const { state } = stateOf([
      connectorRecord("c", CONFIG),
      raw("task-c-0", '{"properties":{"a":null,"b":"1"}}'),
      commitRecord("c", 1),
    ]);
    expect(state.snapshot().taskConfigs("c")).toEqual([{ b: "1" }]);
  });
});

describe("a removed connector", () => {
  it("takes its tasks along, but not what zombies are fenced by", () => {
    const { state, apply, events } = stateOf([
      connectorRecord("c", CONFIG),
      ...tasks("c", {}, {}),
      taskCountRecord("c", 2),
      taskRecord("c", 0, { deferred: "1" }),
      connectorRecord("c", null),
      targetStateRecord("c", null),
    ]);
    expect([...state.snapshot().connectors()]).toEqual([]);
    expect(view(state.snapshot(), "c")).toMatchObject({
      config: undefined,
      count: 0,
      applied: undefined,
      record: 2,
      pending: false,
    });
    apply([connectorRecord("c", CONFIG), commitRecord("c", 0)]);
    expect(view(state.snapshot(), "c")).toMatchObject({
      count: 0,
      inconsistent: false,
      record: 2,
      pending: true,
    });
    expect(events).toEqual(["updated c", "tasks c", "removed c", "updated c", "tasks c"]);
  });

  it("does not give the tasks it left behind to a later one of its name (KAFKA-16838)", () => {
    const { state, events } = stateOf([...tasks("c", { old: "1" }), connectorRecord("c", CONFIG)]);
    expect(view(state.snapshot(), "c")).toMatchObject({ count: 0, tasks: [], inconsistent: false });
    expect(events).toEqual(["updated c"]);
  });

  it("may come back with its configuration compacted past its commit (KAFKA-17719)", () => {
    const { state } = stateOf(
      [
        ...tasks("c", { a: "1" }),
        taskCountRecord("c", 1),
        targetStateRecord("c", "PAUSED"),
        connectorRecord("c", CONFIG),
      ],
      { live: false },
    );
    expect(view(state.snapshot(), "c")).toMatchObject({
      config: CONFIG,
      target: "PAUSED",
      count: 0,
      tasks: [],
      record: 1,
      pending: false,
    });
  });
});

describe("target states", () => {
  it("are told of when they change", () => {
    const { state, events } = stateOf([
      targetStateRecord("c", "STOPPED"),
      connectorRecord("c", CONFIG),
      targetStateRecord("c", "STOPPED"),
      targetStateRecord("c", "STARTED"),
      targetStateRecord("c", "PAUSED"),
      targetStateRecord("c", null),
      targetStateRecord("c", "STARTED"),
      targetStateRecord("gone", null),
    ]);
    expect(events).toEqual(["target c", "updated c", "target c", "target c", "target c"]);
    expect(state.snapshot().targetState("c")).toBe("STARTED");
  });

  it.each([
    ['{"state":"PAUSED"}', "PAUSED"],
    ['{"state":"PAUSED","state.v2":"STOPPED"}', "STOPPED"],
    ['{"state":"PAUSED","state.v2":"HIBERNATING"}', "PAUSED"],
    ['{"state":"HIBERNATING"}', "STOPPED"],
    ["[]", "STOPPED"],
  ])("%s is %s", (value, expected) => {
    const { state } = stateOf([targetStateRecord("c", "STOPPED"), raw("target-state-c", value)]);
    expect(state.snapshot().targetState("c")).toBe(expected);
  });
});

describe("fencing", () => {
  it("is pending from a commit until the number of tasks is written", () => {
    const { state, apply } = stateOf([connectorRecord("c", CONFIG)]);
    const pending = () => state.snapshot().pendingFencing("c");
    expect(pending()).toBe(false);
    apply(tasks("c", {}));
    expect(pending()).toBe(true);
    apply([taskCountRecord("c", 1)]);
    expect([pending(), state.snapshot().taskCountRecord("c")]).toEqual([false, 1]);
    apply([commitRecord("c", 0)]);
    expect([pending(), state.snapshot().taskCountRecord("c")]).toEqual([true, 1]);
  });
});

describe("the other records", () => {
  it("the latest session key counts, also of the start-up read", () => {
    const key = (text: string) =>
      sessionKeyRecord({ key: Buffer.from(text), algorithm: `Hmac${text}`, createdMs: 5 });
    const { state, apply, events } = stateOf([key("a"), key("b")], { live: false });
    expect(state.snapshot().sessionKey).toEqual({
      key: Buffer.from("b"),
      algorithm: "Hmacb",
      createdMs: 5,
    });
    state.goLive();
    apply([key("c"), raw("session-key", null), raw("session-key", '{"key":1}')]);
    expect(events).toEqual(["key Hmacc"]);
    expect(state.snapshot().sessionKey?.algorithm).toBe("Hmacc");
  });

  it("restart requests and logger levels are of no interest before the worker is there", () => {
    const records = [
      restartRecord({ connector: "c", includeTasks: true, onlyFailed: false }),
      raw("restart-connector-c", null),
      raw("restart-connector-c", '{"only-failed":true,"include-tasks":"yes"}'),
      raw("restart-connector-c", "{}"),
      loggerLevelRecord("org.x", "DEBUG"),
    ];
    expect(stateOf(records, { live: false }).events).toEqual([]);
    expect(stateOf(records).events).toEqual([
      'restart {"connector":"c","includeTasks":true,"onlyFailed":false}',
      'restart {"connector":"c","includeTasks":false,"onlyFailed":true}',
      'restart {"connector":"c","includeTasks":false,"onlyFailed":false}',
      "level org.x DEBUG",
    ]);
  });

  it("unknown keys are told of once", () => {
    const { lines, state } = stateOf([raw("future-x", "1"), raw("future-x", "2"), raw("y", null)]);
    expect(lines).toEqual([
      expect.stringMatching(/^warn .* future-x .*configs-0 offset 0/),
      expect.stringMatching(/^warn .* y .*configs-0 offset 2/),
    ]);
    expect(state.snapshot().offset).toBe(3);
  });

  it("a listener that throws does not end the reading", () => {
    const logger = recordingLogger();
    const listener = {
      connectorUpdated: () => {
        throw new Error("of the listener");
      },
    };
    const state = new ConfigState("configs", logger, listener);
    state.goLive();
    state.apply(at(0, connectorRecord("c", CONFIG)));
    expect(state.snapshot().has("c")).toBe(true);
    expect(logger.lines).toEqual([expect.stringContaining("error")]);
  });

  it("an empty topic has offset -1, as in Java", () => {
    expect(stateOf([]).state.snapshot().offset).toBe(-1);
  });
});

// One of a few names, so that records meet.
const names = fc.constantFrom("a", "a-1", "b");
const props = fc.dictionary(fc.constantFrom("x", "y", "1", "__proto__"), fc.string(), {
  maxKeys: 3,
});
const targetStates = fc.constantFrom<TargetState>("STARTED", "PAUSED", "STOPPED");
const sound = fc.oneof(
  fc.tuple(names, fc.option(props)).map(([name, config]) => connectorRecord(name, config)),
  fc.tuple(names, fc.option(targetStates)).map(([name, state]) => targetStateRecord(name, state)),
  fc.tuple(names, fc.nat(2), props).map(([name, id, config]) => taskRecord(name, id, config)),
  fc.tuple(names, fc.nat(3)).map(([name, count]) => commitRecord(name, count)),
  fc.tuple(names, fc.nat(3)).map(([name, count]) => taskCountRecord(name, count)),
);
const KEYS = ["connector-a", "task-a-0", "task-a", "task-", "commit-b", "target-state-a"];
const MORE_KEYS = ["tasks-fencing-a", "session-key", "logger-cluster-x"];
const odd = fc
  .tuple(
    fc.constantFrom(...KEYS, ...MORE_KEYS, "", "unknown"),
    fc.oneof(
      fc.constantFrom("{", "null", "[]", "1", '{"properties":[]}', '{"properties":{"a":1}}'),
      fc.constantFrom('{"tasks":-1}', '{"tasks":"2"}', '{"task-count":1.5}', '{"state":7}'),
      fc.string().filter((text) => !text.trimStart().startsWith("{")),
    ),
  )
  .map(([key, value]) => raw(key, value));

describe("any topic", () => {
  const all = ["a", "a-1", "b"];

  it("is read through whatever stands in it, which changes nothing", () => {
    const log = fc.array(
      fc.oneof(
        { weight: 5, arbitrary: sound.map((record) => ({ record, isOdd: false })) },
        { weight: 1, arbitrary: odd.map((record) => ({ record, isOdd: true })) },
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(log, (entries) => {
        const { state, events } = stateOf(entries.map(({ record }) => record));
        const without = stateOf(entries.filter(({ isOdd }) => !isOdd).map(({ record }) => record));
        for (const name of all)
          expect(view(state.snapshot(), name)).toEqual(view(without.state.snapshot(), name));
        expect(events).toEqual(without.events);
        expect(state.snapshot().offset).toBe(entries.length === 0 ? -1 : entries.length);
      }),
    );
  });

  it("gives snapshots that never change", () => {
    fc.assert(
      fc.property(fc.array(sound), fc.array(sound), (before, after) => {
        const { state, apply } = stateOf(before);
        const snapshot = state.snapshot();
        const seen = structuredClone(all.map((name) => view(snapshot, name)));
        const connectors = [...snapshot.connectors()];
        apply(after);
        expect(all.map((name) => view(snapshot, name))).toEqual(seen);
        expect([...snapshot.connectors()]).toEqual(connectors);
        expect(snapshot.offset).toBe(before.length === 0 ? -1 : before.length);
        expect(state.snapshot() === snapshot).toBe(after.length === 0);
      }),
    );
  });

  it("keeps configurations and states when it is compacted, and never half a set of tasks", () => {
    fc.assert(
      fc.property(fc.array(sound, { maxLength: 60 }), (records) => {
        const last = new Map(records.map(({ key }, index) => [String(key), index]));
        const compacted = records.filter(({ key }, index) => last.get(String(key)) === index);
        const full = stateOf(records).state.snapshot();
        const read = stateOf(compacted).state.snapshot();
        expect([...read.connectors()].toSorted()).toEqual([...full.connectors()].toSorted());
        for (const name of all) {
          const [a, b] = [view(full, name), view(read, name)];
          expect({ config: b.config, target: b.target, record: b.record }).toEqual({
            config: a.config,
            target: a.target,
            record: a.record,
          });
          expect(b.count === 0 || !b.inconsistent).toBe(true);
          expect(b.count).toBe(b.tasks.length);
        }
      }),
    );
  });
});
