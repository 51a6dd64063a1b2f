import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { PluginLocation } from "../src/plugins/location.ts";
import type { OffsetStore } from "../src/store/offset-store.ts";
import type { LogEntry } from "../src/task/logger.ts";
import { createThreads } from "../src/threads/pool.ts";
import type { TaskSpec, Threads } from "../src/threads/units.ts";

const directory = join(import.meta.dirname, "fixtures/naughty-plugin");
const plugin = (kind: PluginLocation["kind"], name: string): PluginLocation => ({
  kind,
  class: `test.${name}`,
  aliases: [],
  version: "1.0.0",
  package: "naughty-plugin",
  directory,
  module: pathToFileURL(join(directory, "index.js")).href,
  export: name,
});

const noOffsets: OffsetStore = {
  start: async () => {},
  get: async (keys) => keys.map(() => null),
  set: async () => {},
  entries: async () => new Map(),
  stop: async () => {},
};

const logs: LogEntry[] = [];
let threads: Threads;

function start(stuckMs = 60_000): Threads {
  threads = createThreads({
    workerProps: {
      "bootstrap.servers": "127.0.0.1:9",
      "key.converter": "test.TextConverter",
      "value.converter": "test.TextConverter",
      "header.converter": "test.TextHeaderConverter",
      "task.shutdown.graceful.timeout.ms": "300",
      "offset.flush.timeout.ms": "100",
    },
    plugins: [
      plugin("source", "Source"),
      plugin("converter", "TextConverter"),
      plugin("header_converter", "TextHeaderConverter"),
    ],
    offsets: noOffsets,
    taskThreads: 1,
    graceMs: 300,
    stuckMs,
    log: (entry) => logs.push(entry),
    onActiveTopic: () => {},
  });
  return threads;
}

afterEach(async () => {
  await threads[Symbol.asyncDispose]();
  logs.length = 0;
});

function props(behaviour: string): Record<string, string> {
  return { name: "c", "connector.class": "test.Source", behaviour };
}

function startTask(behaviour: string, overrides: Partial<TaskSpec> = {}) {
  const states: string[] = [];
  const unit = threads.startTask(
    {
      connector: "c",
      task: 0,
      type: "source",
      connectorProps: props(behaviour),
      taskProps: props(behaviour),
      initialState: "STARTED",
      ...overrides,
    },
    { onState: (state, trace) => states.push(trace ? `${state} ${trace}` : state) },
  );
  return { unit, states };
}

function startConnector(behaviour: string) {
  const states: string[] = [];
  const unit = threads.startConnector(
    { name: "c", type: "source", props: props(behaviour), initialState: "STARTED" },
    {
      onState: (state, trace) => states.push(trace ? `${state} ${trace}` : state),
      onReconfigurationRequest: () => {},
    },
  );
  return { unit, states };
}

const until = (states: string[], state: string) =>
  vi.waitFor(() => expect(states.at(-1)).toMatch(new RegExp(`^${state}`)), 30_000);

describe("tasks in threads", () => {
  it("run, pause, resume and stop", async () => {
    start();
    const { unit, states } = startTask("good");
    await until(states, "RUNNING");
    unit.setTargetState("PAUSED");
    await until(states, "PAUSED");
    unit.setTargetState("STARTED");
    await until(states, "RUNNING");
    await unit.stop();
    expect(states).toEqual(["RUNNING", "PAUSED", "RUNNING", "UNASSIGNED"]);
  });

  it("fail with the plugin's trace", async () => {
    start();
    const { states } = startTask("throw:task-start");
    await until(states, "FAILED");
    expect(states.at(-1)).toContain("thrown in task-start");
    expect(states.at(-1)).toContain("naughty-plugin");
  });

  it("are given up after their grace time when they hang", async () => {
    start();
    const { unit, states } = startTask("hang:task-stop");
    await until(states, "RUNNING");
    const before = Date.now();
    await unit.stop();
    expect(Date.now() - before).toBeLessThan(1_500);
    expect(states).toEqual(["RUNNING"]);
  });

  it.each([
    ["spin", 3_000],
    ["exit", 60_000],
  ])(
    "that %s fail, and their neighbours run on",
    async (what, stuckMs) => {
      start(stuckMs);
      const neighbour = startTask("good", { task: 1 });
      await until(neighbour.states, "RUNNING");
      const guilty = startTask(`${what}:poll`);
      await until(guilty.states, "FAILED");
      await until(neighbour.states, "RUNNING");
      await neighbour.unit.stop();
      expect(neighbour.states.at(-1)).toBe("UNASSIGNED");
      expect(logs.some((entry) => entry.message.includes("goes on in a thread of its own"))).toBe(
        true,
      );
    },
    100_000,
  );

  it("that leave a rejection unhandled fail, named in the log", async () => {
    start();
    const { states } = startTask("reject:poll");
    await until(states, "FAILED");
    expect(states.at(-1)).toContain("rejected in poll");
  });

  it("that spin can be stopped", async () => {
    start();
    const { unit, states } = startTask("spin:poll");
    await until(states, "RUNNING");
    await delay(1_500);
    await unit.stop();
    const { unit: next, states: nextStates } = startTask("good");
    await until(nextStates, "RUNNING");
    await next.stop();
    expect(nextStates).toEqual(["RUNNING", "UNASSIGNED"]);
  }, 100_000);
});

describe("connectors in threads", () => {
  it("start, give task configurations and stop", async () => {
    start();
    const { unit, states } = startConnector("good");
    await until(states, "RUNNING");
    expect(await unit.taskConfigs(2)).toEqual(
      [0, 1].map((number) => ({
        ...props("good"),
        number: String(number),
        "task.class": "test.Task",
      })),
    );
    unit.setTargetState("STOPPED");
    await until(states, "STOPPED");
    await expect(unit.taskConfigs(1)).rejects.toThrow("is not running");
    await unit.stop();
    expect(states.at(-1)).toBe("UNASSIGNED");
  });

  it("fail when they cannot start, and start again when they are resumed after a stop", async () => {
    start();
    const { unit, states } = startConnector("throw:connector-start");
    await until(states, "FAILED");
    unit.setTargetState("STOPPED");
    await until(states, "STOPPED");
    await unit.stop();
    expect(states.map((state) => state.split(" ")[0])).toEqual(["FAILED", "STOPPED", "UNASSIGNED"]);
  });

  it("that hang do not keep others from starting", async () => {
    start();
    startConnector("hang:connector-start");
    const { states } = startConnector("good");
    await until(states, "RUNNING");
    expect(states).toEqual(["RUNNING"]);
  });
});

describe("validation in threads", () => {
  it("that spins ends with an error, and disturbs no connector", async () => {
    start(8_000);
    const { states } = startConnector("good");
    await until(states, "RUNNING");
    await expect(threads.validate(props("spin:validate"), 60_000)).rejects.toThrow(
      /stood still.*blocks its event loop/,
    );
    expect((await threads.validate(props("good"), 60_000)).name).toBe("test.Source");
    expect(states).toEqual(["RUNNING"]);
  }, 120_000);

  it("that hangs ends in time, and others are answered meanwhile", async () => {
    start();
    const [hanging, good] = await Promise.allSettled([
      threads.validate(props("hang:validate"), 3_000),
      threads.validate(props("good"), 60_000),
    ]);
    expect(hanging).toMatchObject({
      reason: {
        message: expect.stringMatching(/validate did not answer within 3000 ms/) as string,
      },
    });
    expect(good).toMatchObject({ value: { error_count: 0 } });
  }, 60_000);
});
