import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Logging } from "../src/logging.ts";
import { DEFAULT_WINDOWS } from "../src/metrics/sample-windows.ts";
import type { PluginLocation } from "../src/plugins/location.ts";
import type { OffsetStore } from "../src/store/offset-store.ts";
import type { LogEntry } from "../src/task/logger.ts";
import { MeasuredThreads } from "../src/threads/measured-threads.ts";
import { createThreads, type ThreadsOptions } from "../src/threads/pool.ts";
import type { TaskSpec, Threads } from "../src/threads/units.ts";

const directory = join(import.meta.dirname, "fixtures/naughty-plugin");
const plugin = (kind: PluginLocation["kind"], name: string): PluginLocation => ({
  kind,
  class: `test.${name}`,
  aliases: [],
  version: "1.0.0",
  package: "naughty-plugin",
  packageVersion: "1.0.0",
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

function start(changes: Partial<ThreadsOptions> = {}): Threads {
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
    stuckMs: 60_000,
    maxHeapMb: 256,
    log: new Logging((entry) => logs.push(entry), "ALL"),
    onActiveTopic: () => {},
    ...changes,
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

function startConnector(behaviour: string, more: Record<string, string> = {}) {
  const states: string[] = [];
  const unit = threads.startConnector(
    {
      name: "c",
      type: "source",
      props: { ...props(behaviour), ...more },
      initialState: "STARTED",
    },
    {
      onState: (state, trace) => states.push(trace ? `${state} ${trace}` : state),
      onReconfigurationRequest: () => {},
      onReloadRequest: () => {},
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

  it("log of a connector what is wanted of it, and send nothing else", async () => {
    const log: LogEntry[] = [];
    const logging = new Logging((entry) => log.push(entry));
    const sent: LogEntry[] = [];
    start({
      log: {
        floor: logging.floor,
        know: (name) => logging.know(name),
        write: (entry) => {
          sent.push(entry);
          logging.write(entry);
        },
      },
    });
    const one = startTask("good", { connector: "one" });
    const other = startTask("good", { connector: "other", task: 7 });
    await until(one.states, "RUNNING");
    await until(other.states, "RUNNING");
    // Known, though it has nothing to say that anybody wants to hear.
    await vi.waitFor(() => expect(Object.keys(logging.levels())).toContain("test.Source"), 30_000);
    expect(sent.filter(({ level }) => level === "debug")).toEqual([]);
    logging.setLevel("connector:other", "DEBUG");
    const polled = { message: "polled", logger: "test.Source", level: "debug" };
    await vi.waitFor(
      () =>
        expect(log).toContainEqual(
          expect.objectContaining({ ...polled, connector: "other", task: 7 }),
        ),
      30_000,
    );
    await vi.waitFor(
      () => expect(sent).toContainEqual(expect.objectContaining({ ...polled, connector: "one" })),
      30_000,
    );
    expect(log.filter(({ connector }) => connector === "one")).not.toContainEqual(
      expect.objectContaining(polled),
    );
  });

  it("tell what their plugins measure, also as it was when they failed", async () => {
    const measured = new MeasuredThreads(start(), DEFAULT_WINDOWS);
    const states: string[] = [];
    const unit = measured.startTask(
      {
        connector: "c",
        task: 2,
        type: "source",
        connectorProps: props("throw:task-start"),
        taskProps: props("throw:task-start"),
        initialState: "STARTED",
      },
      { onState: (state) => states.push(state) },
    );
    await until(states, "FAILED");
    const figures = () =>
      measured.pluginMetrics().map(({ name, tags, value }) => [name, tags, value]);
    const task = { connector: "c", task: "2" };
    await vi.waitFor(() => expect(figures()).not.toEqual([]), 30_000);
    expect(figures()).toEqual([
      ["codes", { ...task, converter: "key" }, 7],
      ["codes", { ...task, converter: "value" }, 7],
      ["codes", { ...task, converter: "header" }, 7],
      ["mood", { ...task, of: "task" }, "good"],
      ["polls-total", task, 0],
    ]);
    await unit.stop();
    expect(figures()).toEqual([]);
  });

  it("fail with the plugin's trace", async () => {
    start();
    const { states } = startTask("throw:task-start");
    await until(states, "FAILED");
    expect(states.at(-1)).toContain("thrown in task-start");
    expect(states.at(-1)).toContain("naughty-plugin");
  });

  it.each(["task-stop", "poll", "task-start"])(
    "are given up after their grace time when they hang in %s, and leave nothing behind",
    async (where) => {
      start();
      const { unit, states } = startTask(`hang:${where}`);
      if (where !== "task-start") await until(states, "RUNNING");
      await unit.stop();
      expect(states).toEqual(where === "task-start" ? [] : ["RUNNING"]);
      const said = logs.filter(({ level }) => level === "warn").map(({ message }) => message);
      expect(said).toContainEqual(
        expect.stringMatching(/^task c-0 did not stop within 300 ms \(task\.shutdown\.graceful/),
      );
      // Its thread has ended, for nothing else was in it; the next task gets another.
      const { unit: next, states: nextStates } = startTask("good");
      await until(nextStates, "RUNNING");
      await next.stop();
    },
  );

  describe("share a thread with one that", () => {
    /** A neighbour in the same thread, then the one that misbehaves. @returns its trace */
    async function failure(
      behaviour: string,
      changes: Partial<ThreadsOptions> = {},
    ): Promise<{ trace: string; neighbour: string[] }> {
      start({ stuckMs: 1_500, ...changes });
      const neighbour = startTask("good", { task: 1 });
      const paused = startTask("good", { task: 2, initialState: "PAUSED" });
      await until(neighbour.states, "RUNNING");
      await until(paused.states, "PAUSED");
      const guilty = startTask(behaviour);
      await until(guilty.states, "FAILED");
      await until(neighbour.states, "RUNNING");
      await until(paused.states, "PAUSED");
      expect(paused.states).not.toContain("RUNNING");
      await neighbour.unit.stop();
      expect(neighbour.states.at(-1)).toBe("UNASSIGNED");
      await guilty.unit.stop();
      return { trace: guilty.states.at(-1)!, neighbour: neighbour.states };
    }

    const RESTARTED = ["RUNNING", "UNASSIGNED", "RUNNING", "UNASSIGNED"];
    const inOwnThreads = () => logs.some(({ message }) => message.includes("thread of its own"));

    it.each(["spin", "spin-tightly", "regex", "wait"])(
      "blocks it (%s): it fails with the stack, and they share a thread again",
      async (what) => {
        const { trace, neighbour } = await failure(`${what}:poll`);
        expect(trace).toMatch(/stood still.*task\.thread\.stuck\.ms \(1500 ms\).*task c-0/);
        expect(trace).toMatch(/\n\tat .*naughty-plugin\/index\.js:\d+/);
        expect(neighbour).toEqual(RESTARTED);
        expect(inOwnThreads()).toBe(false);
      },
      60_000,
    );

    it("blocks it in a native call: it fails once it is alone", async () => {
      const { trace, neighbour } = await failure("exec:poll");
      expect(trace).toMatch(/a plugin blocked its event loop, in a native call/);
      expect(neighbour).toEqual(RESTARTED);
      expect(inOwnThreads()).toBe(true);
    }, 100_000);

    it.each(["allocate", "allocate-buffers"])(
      "holds ever more (%s): it fails with the stack, and they share a thread again",
      async (what) => {
        // A busy machine may take longer to allocate than a thread may stand still.
        const { trace, neighbour } = await failure(`${what}:poll`, { stuckMs: 60_000 });
        expect(trace).toMatch(/MB, more than the 256 MB.*raise task\.thread\.max\.heap\.mb/);
        expect(trace).toMatch(/\n\tat .*naughty-plugin\/index\.js:\d+/);
        expect(neighbour).toEqual(RESTARTED);
        expect(inOwnThreads()).toBe(false);
      },
      60_000,
    );

    it("holds ever more with each call: it fails once it is alone", async () => {
      const { trace, neighbour } = await failure("allocate-slowly:poll", { stuckMs: 60_000 });
      expect(trace).toMatch(/heap took \d+ MB, more than the 256 MB/);
      expect(neighbour).toEqual(RESTARTED);
      expect(inOwnThreads()).toBe(true);
    }, 100_000);

    it.each([
      ["exit", /The plugin called process\.exit\(3\)/],
      ["abort", /process\.abort\(\) is not supported in workers/],
      ["kill", /process\.kill on the worker's own process, with SIGTERM/],
      ["throw-later", /in a timer or an event[^]*Caused by: Error: thrown later in poll/],
      ["reject", /rejected promise unhandled[^]*Caused by: Error: rejected in poll/],
      ["throw-later-and-hang", /Caused by: Error: thrown later in poll/],
    ])("would end it (%s): it fails, and they run on undisturbed", async (what, reason) => {
      const { trace, neighbour } = await failure(`${what}:poll`, { stuckMs: 60_000 });
      expect(trace).toMatch(reason);
      expect(neighbour).toEqual(["RUNNING", "UNASSIGNED"]);
    });

    it("has failed before: it stays as it is when another breaks the thread", async () => {
      start({ stuckMs: 1_500 });
      const failed = startTask("throw:poll", { task: 1 });
      await until(failed.states, "FAILED");
      const guilty = startTask("spin:poll");
      await until(guilty.states, "FAILED");
      expect(failed.states).toEqual(["RUNNING", failed.states.at(-1)]);
    }, 60_000);
  });

  it("that set an exit code hurt nobody", async () => {
    start();
    const { unit, states } = startTask("exit-code:poll");
    await until(states, "RUNNING");
    await unit.stop();
    expect(states).toEqual(["RUNNING", "UNASSIGNED"]);
    expect(process.exitCode).toBeUndefined();
  });

  it("have a thread of their own where they ask for it, and share nothing", async () => {
    start({ stuckMs: 1_500 });
    const dedicated = (behaviour: string, task: number) =>
      startTask(behaviour, {
        task,
        connectorProps: { ...props(behaviour), "task.isolation": "dedicated" },
      });
    const good = dedicated("good", 0);
    const guilty = dedicated("spin:poll", 1);
    await until(guilty.states, "FAILED");
    expect(good.states).toEqual(["RUNNING"]);
    await good.unit.stop();
    await guilty.unit.stop();
  }, 60_000);

  it("run in the main thread where they ask for it, with a warning", async () => {
    start();
    const { unit, states } = startTask("good", {
      connectorProps: { ...props("good"), "task.isolation": "inline" },
    });
    await until(states, "RUNNING");
    unit.setTargetState("PAUSED");
    await until(states, "PAUSED");
    await unit.stop();
    expect(states).toEqual(["RUNNING", "PAUSED", "UNASSIGNED"]);
    expect(logs.find(({ level }) => level === "warn")?.message).toMatch(
      /^task c-0 runs in the main thread \(task\.isolation=inline\)/,
    );
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
    const { unit, states } = startConnector("good", { "tasks.max": "2" });
    await until(states, "RUNNING");
    expect(await unit.taskConfigs()).toEqual({
      configs: [0, 1].map((number) => ({
        ...props("good"),
        "tasks.max": "2",
        number: String(number),
        "task.class": "test.Task",
      })),
      tasksMax: 2,
      enforced: true,
    });
    unit.setTargetState("STOPPED");
    await until(states, "STOPPED");
    await expect(unit.taskConfigs()).rejects.toThrow("is not running");
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

  it("that break their thread fail, and can be stopped and started again", async () => {
    start({ stuckMs: 1_500 });
    const good = startConnector("good");
    await until(good.states, "RUNNING");
    const { unit, states } = startConnector("spin:connector-start");
    await until(states, "FAILED");
    await expect(unit.taskConfigs()).rejects.toThrow("has failed: restart it");
    await until(good.states, "RUNNING");
    expect(good.states).toEqual(["RUNNING", "UNASSIGNED", "RUNNING"]);
    unit.setTargetState("STARTED");
    unit.setTargetState("STOPPED");
    await until(states, "STOPPED");
    unit.setTargetState("STARTED");
    await until(states, "FAILED");
    await unit.stop();
  }, 60_000);

  it("that hang when they are stopped are given up", async () => {
    start();
    const { unit, states } = startConnector("hang:connector-stop");
    await until(states, "RUNNING");
    await unit.stop();
    expect(states).toEqual(["RUNNING"]);
    expect(logs.at(-1)?.message).toMatch(/^connector c did not stop within 300 ms/);
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
    start({ stuckMs: 8_000 });
    const { states } = startConnector("good");
    await until(states, "RUNNING");
    await expect(threads.validate(props("spin:validate"), 60_000)).rejects.toThrow(
      /stood still.*the validation of test\.Source blocked its event loop/,
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

describe("a stopped connector that is asked about new offsets", () => {
  const offsets = {
    type: "source",
    entries: new Map([
      ['["c",{"file":"a","n":9223372036854775807}]', '{"position":7,"lsn":-9223372036854775808}'],
      ['["c",{"file":"b"}]', null],
      ['["c",null]', "{}"],
    ]),
  } as const;
  const ask = (behaviour: string, limitMs = 60_000) =>
    threads.alterOffsets({ name: "c", props: props(behaviour) }, offsets, limitMs);

  it("gets them as its tasks get stored ones, and says whether it has seen to all", async () => {
    start();
    await expect(ask("tell")).rejects.toThrow(
      "Map(3) {\n" +
        "  { file: 'a', n: 9223372036854775807n } => { position: 7, lsn: -9223372036854775808n },\n" +
        "  { file: 'b' } => null,\n" +
        "  null => {}\n}",
    );
    expect(await ask("good")).toBe(true);
    expect(await ask("other")).toBe(false);
  });

  it("and throws an error of no kind that clients know is answered in Java's words", async () => {
    start();
    await expect(ask("throw:alter")).rejects.toMatchObject({
      message: "Failed to modify offsets for source connector c",
      cause: { message: "thrown in alter" },
    });
  });

  it("and does not come back is not waited for", async () => {
    start({ stuckMs: 2_000 });
    const { states } = startConnector("good");
    await until(states, "RUNNING");
    await expect(ask("hang:alter", 1_000)).rejects.toThrow(/did not answer within 1000 ms/);
    await expect(ask("spin:alter")).rejects.toThrow(
      /stood still.*alterOffsets of connector c blocked its event loop/,
    );
    expect(await ask("good")).toBe(true);
    expect(states).toEqual(["RUNNING"]);
  }, 120_000);
});
