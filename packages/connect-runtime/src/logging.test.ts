import { describe, expect, test } from "vitest";
import { Logging, parseLevel, writeTo } from "./logging.ts";
import { type LogEntry, SEVERITIES, unitContext } from "./task/logger.ts";

function logging() {
  const lines: LogEntry[] = [];
  return { lines, logging: new Logging((entry) => lines.push(entry)) };
}

describe("log levels", () => {
  test("go down the names, the nearest counts", () => {
    const { lines, logging: log } = logging();
    log.setLevel("org.acme", "DEBUG");
    log.setLevel("org.acme.quiet", "ERROR");
    log.logger("org.acme.Task").debug("heard");
    log.logger("org.acme.quiet.Task").warn("not heard");
    log.logger("org.acmelike").debug("not heard either");
    log.logger("herder").info("heard too");
    expect(lines.map(({ message }) => message)).toEqual(["heard", "heard too"]);
  });

  test("setting one changes the known ones below it, root changes all", () => {
    const { logging: log } = logging();
    log.logger("a.b.C").info("here");
    log.logger("a.x").info("here");
    expect(log.setLevel("a.b", "TRACE")).toEqual(["a.b", "a.b.C"]);
    expect(log.level("a.b.C")).toEqual({ level: "TRACE", last_modified: expect.any(Number) });
    expect(log.level("a.x")).toEqual({ level: "INFO", last_modified: null });
    expect(log.setLevel("ROOT", "WARN")).toEqual(["a.b", "a.b.C", "a.x", "root"]);
    expect(log.level("a.b.C")!.level).toBe("WARN");
    expect(log.level("nobody")).toBeUndefined();
  });

  test("what has a level already is not changed, but known from then on", () => {
    const { logging: log } = logging();
    expect(log.setLevel("a.b", "INFO")).toEqual([]);
    expect(log.level("a.b")).toEqual({ level: "INFO", last_modified: null });
    expect(log.setLevel("a", "DEBUG")).toEqual(["a", "a.b"]);
    expect(log.setLevel("a", "DEBUG")).toEqual([]);
    expect(log.level("Root")).toEqual({ level: "INFO", last_modified: null });
  });

  test("are listed by name, without those that are off", () => {
    const { logging: log } = logging();
    log.logger("b").info("here");
    log.setLevel("a", "OFF");
    expect(Object.keys(log.levels())).toEqual(["b", "root"]);
  });

  test("of a connector count before those of who speaks, for its tasks too", () => {
    const { lines, logging: log } = logging();
    const say = (connector: string, task: number | undefined, level: "debug" | "warn") => {
      const logger = log.logger("org.acme.Task", unitContext(connector, task));
      logger[level](`${connector} ${task ?? "itself"} ${level}`);
    };
    log.setLevel("org.acme", "WARN");
    expect(log.setLevel("connector:a", "DEBUG")).toEqual(["connector:a"]);
    log.setLevel("connector:loud", "OFF");
    say("a", undefined, "debug");
    say("a", 3, "debug");
    say("a.b", 0, "debug");
    say("b", 0, "warn");
    say("loud", 0, "warn");
    expect(lines.map(({ message }) => message)).toEqual([
      "a itself debug",
      "a 3 debug",
      "b 0 warn",
    ]);
    expect(log.level("connector:a")).toEqual({ level: "DEBUG", last_modified: expect.any(Number) });
    expect(log.level("connector:b")).toEqual({ level: "INFO", last_modified: null });
    expect(log.level("connector:nobody")).toBeUndefined();
    expect(Object.keys(log.levels())).toEqual(["connector:a", "org.acme", "org.acme.Task", "root"]);
    // Root is all there is: connectors follow again.
    expect(log.setLevel("root", "ERROR")).toContain("connector:a");
    say("a", 0, "warn");
    expect(lines).toHaveLength(3);
    expect(Object.keys(log.levels())).toEqual(["org.acme", "org.acme.Task", "root"]);
  });

  test("say what is worth sending", () => {
    const { logging: log } = logging();
    const floor = () => new Int32Array(log.floor)[0];
    expect(floor()).toBe(SEVERITIES.info);
    log.setLevel("connector:a", "TRACE");
    expect(floor()).toBe(SEVERITIES.trace);
    log.setLevel("root", "ERROR");
    expect(floor()).toBe(SEVERITIES.error);
    log.setLevel("org.acme", "DEBUG");
    expect(floor()).toBe(SEVERITIES.debug);
  });

  test.each([
    ["debug", "DEBUG"],
    [" Warn ", "WARN"],
    ["LOUD", undefined],
    ["constructor", undefined],
  ])("%j is %s", (text, level) => expect(parseLevel(text)).toBe(level));
});

test("lines are written as JSON, with context and details", () => {
  const lines: string[] = [];
  const log = new Logging(writeTo({ write: (line) => void lines.push(line) }));
  log.worker = "10.0.0.1:8083";
  log.logger("rest", unitContext("src", 0)).warn("slow", { ms: 7 });
  expect(JSON.parse(lines[0]!)).toEqual({
    level: "warn",
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    logger: "rest",
    context: "src|task-0",
    connector: "src",
    task: 0,
    worker: "10.0.0.1:8083",
    ms: 7,
    msg: "slow",
  });
});
