import {
  ConfigError,
  ConnectError,
  DataError,
  type Logger,
  RetriableError,
} from "@millrace/connect-api";
import { describe, expect, it } from "vitest";
import { RemoteError, toErrorData } from "./error-data.ts";
import { refuseDeadLetters, Tolerance } from "./tolerance.ts";
import { traceOf } from "./trace.ts";

describe("traceOf", () => {
  it("has Java's shape: class, tabbed stack, causes", () => {
    const trace = traceOf(new ConnectError("outer", { cause: new DataError("inner") }));
    const lines = trace.split("\n");
    expect(lines[0]).toBe("org.apache.kafka.connect.errors.ConnectException: outer");
    expect(lines[1]).toMatch(/^\tat /);
    expect(trace).toContain(
      "\nCaused by: org.apache.kafka.connect.errors.DataException: inner\n\tat ",
    );
    expect(trace.endsWith("\n")).toBe(true);
  });

  it("takes anything that can be thrown, and causes that go in circles", () => {
    expect(traceOf("text")).toBe("text\n");
    const error = new Error("self");
    error.cause = error;
    expect(traceOf(error).match(/self/g)).toHaveLength(1);
  });
});

describe("errors between threads", () => {
  it("keep name, class, kind and cause", () => {
    const data = structuredClone(
      toErrorData(new RetriableError("later", { cause: new ConfigError("k", "v", "no") })),
    );
    const error = new RemoteError(data);
    expect(error).toMatchObject({
      name: "RetriableError",
      message: "later",
      retriable: true,
      javaName: "org.apache.kafka.connect.errors.RetriableException",
    });
    expect(error.cause).toMatchObject({ message: "Invalid value v for configuration k: no" });
  });
});

describe("Tolerance", () => {
  const logged: string[] = [];
  const write = (message: string) => void logged.push(message);
  const logger: Logger = { trace: write, debug: write, info: write, warn: write, error: write };
  const never = new AbortController().signal;
  const skipped = {
    stage: "TRANSFORMATION",
    error: new DataError("bad"),
    where: "of t-0 at offset 5",
    className: "X",
  } as const;

  it("fails the task by default", () => {
    expect(() => new Tolerance({}, logger, never).skip(skipped)).toThrow(
      "Tolerance exceeded in error handler",
    );
  });

  it("skips, counts and logs where the connector tolerates errors", () => {
    const tolerance = new Tolerance({ "errors.tolerance": "all" }, logger, never);
    tolerance.skip(skipped);
    expect(tolerance.skipped).toBe(1);
    expect(logged.at(-1)).toContain("of t-0 at offset 5");
  });

  it("repeats retriable errors while errors.retry.timeout lasts", async () => {
    const tolerance = new Tolerance(
      { "errors.retry.timeout": "-1", "errors.retry.delay.max.ms": "1" },
      logger,
      never,
    );
    let calls = 0;
    const result = await tolerance.retry(() => {
      if (++calls < 3) throw new RetriableError("again");
      return "done";
    }, new RetriableError("first"));
    expect([result, calls]).toEqual(["done", 3]);
  });

  it("does not repeat other errors, nor without a time", async () => {
    const once = new Tolerance({}, logger, never);
    await expect(once.retry(() => "unused", new RetriableError("x"))).rejects.toThrow("x");
    const forever = new Tolerance({ "errors.retry.timeout": "-1" }, logger, never);
    await expect(forever.retry(() => "unused", new DataError("y"))).rejects.toThrow("y");
  });

  it("refuses to skip records that should become dead letters", () => {
    const dlq = { "errors.deadletterqueue.topic.name": "dlq" };
    expect(() => refuseDeadLetters({ ...dlq, "errors.tolerance": "all" })).toThrow(
      /errors\.deadletterqueue\.topic\.name.*errors\.tolerance=none/,
    );
    expect(() => refuseDeadLetters(dlq)).not.toThrow();
    expect(() => refuseDeadLetters({ "errors.tolerance": "all" })).not.toThrow();
  });

  it("refuses a value it does not know, naming the key", () => {
    expect(() => new Tolerance({ "errors.tolerance": "some" }, logger, never)).toThrow(
      /errors\.tolerance/,
    );
  });
});
