import { describe, expect, test } from "vitest";
import { Logging, parseLevel, writeTo } from "./logging.ts";
import type { LogEntry } from "./task/logger.ts";

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

  test("are listed by name, without those that are off", () => {
    const { logging: log } = logging();
    log.logger("b").info("here");
    log.setLevel("a", "OFF");
    expect(Object.keys(log.levels())).toEqual(["b", "root"]);
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
  log.logger("rest", "src|task-0").warn("slow", { ms: 7 });
  expect(JSON.parse(lines[0]!)).toEqual({
    level: "warn",
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    logger: "rest",
    context: "src|task-0",
    ms: 7,
    msg: "slow",
  });
});
