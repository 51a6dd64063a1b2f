import { expect, test } from "vitest";
import { type LogContext, type LogEntry, unitContext, WORKER_CONTEXT } from "../task/logger.ts";
import { LogTail } from "./log-tail.ts";

function entry(context: LogContext, message: string, details?: LogEntry["details"]): LogEntry {
  return { ...context, level: "info", message, timeMs: 0, logger: "L", details };
}

function messages(tail: LogTail, connector: string): string[] {
  return tail
    .feed(connector)
    .after()
    .items.map(({ item }) => item.message);
}

test("keeps the lines of each connector and its tasks apart from all others", () => {
  const tail = new LogTail();
  tail.write(entry(unitContext("a"), "connector"));
  tail.write(entry(unitContext("a", 12), "task", { error: "e" }));
  tail.write(entry(unitContext("b|x", 0), "other"));
  tail.write(entry(WORKER_CONTEXT, "none of theirs"));
  expect(
    tail
      .feed("a")
      .after()
      .items.map(({ item }) => item),
  ).toEqual([
    { time: "1970-01-01T00:00:00.000Z", level: "info", logger: "L", message: "connector" },
    {
      time: "1970-01-01T00:00:00.000Z",
      level: "info",
      task: 12,
      logger: "L",
      message: "task",
      details: { error: "e" },
    },
  ]);
  expect(messages(tail, "b|x")).toEqual(["other"]);
  expect(messages(tail, "c")).toEqual([]);
});

test("keeps the last 500 lines", () => {
  const tail = new LogTail();
  for (let n = 0; n < 600; n++) tail.write(entry(unitContext("a"), String(n)));
  expect(messages(tail, "a")).toHaveLength(500);
  expect(messages(tail, "a")[0]).toBe("100");
});

test("of all connectors together keeps a bounded number of characters: the most talkative pays", () => {
  const tail = new LogTail(10_000);
  tail.write(entry(unitContext("quiet"), "once"));
  for (let n = 0; n < 100; n++) tail.write(entry(unitContext("loud"), `${n} ${"x".repeat(1_000)}`));
  expect(messages(tail, "quiet")).toEqual(["once"]);
  expect(messages(tail, "loud").length).toBeLessThan(10);
  expect(messages(tail, "loud").at(-1)).toMatch(/^99 /);
});

test("cuts long lines", () => {
  const tail = new LogTail();
  tail.write(entry(unitContext("a"), "x".repeat(100_000), { error: "y".repeat(100_000) }));
  const [line] = tail.feed("a").after().items;
  expect(JSON.stringify(line).length).toBeLessThan(20_000);
});
