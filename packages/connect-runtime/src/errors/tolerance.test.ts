import { ConnectError, DataError, type Props, RetriableError } from "@millrace/connect-api";
import { describe, expect, it } from "vitest";
import { failedRecord, FakeDeadLetters, toleranceFor } from "../../test/support/failed-records.ts";
import { recordingLogger } from "../../test/support/recording-logger.ts";
import { DEFAULT_WINDOWS } from "../metrics/sample-windows.ts";
import { newTaskMemory } from "../metrics/task-memory.ts";
import { TaskReadings } from "../metrics/task-readings.ts";
import { newCounters } from "../task/counters.ts";
import { TaskMeasures } from "../task/measures.ts";
import { Interrupted } from "./interrupted.ts";

const ALL = { "errors.tolerance": "all" };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("retries", () => {
  it("go on while errors.retry.timeout lasts", async () => {
    const tolerance = toleranceFor({
      "errors.retry.timeout": "-1",
      "errors.retry.delay.max.ms": "1",
    });
    let calls = 0;
    const result = await tolerance.retry(() => {
      if (++calls < 3) throw new RetriableError("again");
      return "done";
    }, new RetriableError("first"));
    expect([result, calls]).toEqual(["done", 3]);
  });

  it("are not made of other errors, nor without a time", async () => {
    const once = toleranceFor({});
    await expect(once.retry(() => "unused", new RetriableError("x"))).rejects.toThrow("x");
    const forever = toleranceFor({ "errors.retry.timeout": "-1" });
    await expect(forever.retry(() => "unused", new DataError("y"))).rejects.toThrow("y");
  });
});

describe("a record that is given up", () => {
  it("fails the task by default, in Java's words, which say which record it was", async () => {
    const failed = failedRecord();
    await expect(toleranceFor({}).giveUp(failed)).rejects.toThrow(
      expect.objectContaining({
        message: "Tolerance exceeded in error handler",
        cause: expect.objectContaining({
          message:
            "Error in stage TRANSFORMATION of org.example.X: the record of t-0 at offset 5 fails the task (errors.tolerance=none)",
          cause: failed.error,
        }),
      }),
    );
  });

  it("is skipped and counted where errors are tolerated, and named in the log at least once", async () => {
    const logger = recordingLogger();
    const counters = newCounters();
    const tolerance = toleranceFor(ALL, { logger, counters });
    expect(await tolerance.giveUp(failedRecord())).toBe("skipped");
    expect(counters).toMatchObject({ skipped: 1, deadLettered: 0 });
    expect(logger.lines).toEqual([
      "error Error in stage TRANSFORMATION of org.example.X: the record of t-0 at offset 5 is skipped (errors.tolerance=all)",
    ]);
  });

  it("is no more of the log's business where there is a dead-letter topic", async () => {
    const logger = recordingLogger();
    await toleranceFor(ALL, { logger, deadLetters: new FakeDeadLetters() }).giveUp(failedRecord());
    expect(logger.lines).toEqual([]);
  });

  it("is held until its letter is durable, and then counts as dead-lettered", async () => {
    const counters = { ...newCounters(), read: 1 };
    const deadLetters = new FakeDeadLetters();
    const tolerance = toleranceFor(ALL, { counters, deadLetters });
    expect(await tolerance.giveUp(failedRecord())).toBe("dead-lettered");
    expect(counters.deadLettered).toBe(0);
    let settled = false;
    const waiting = tolerance.settled().then(() => (settled = true));
    await turn();
    expect(settled).toBe(false);
    deadLetters.settle();
    await waiting;
    expect(counters).toMatchObject({ skipped: 0, deadLettered: 1 });
  });

  it("stays held when the letter could not be written", async () => {
    const counters = newCounters();
    const deadLetters = new FakeDeadLetters();
    const tolerance = toleranceFor(ALL, { counters, deadLetters });
    await tolerance.giveUp(failedRecord());
    deadLetters.settle(new ConnectError("refused"));
    await expect(tolerance.settled()).rejects.toThrow("refused");
    expect(counters).toEqual(newCounters());
  });

  it("is reported before it fails the task, so that the letter is durable", async () => {
    const deadLetters = new FakeDeadLetters();
    const counters = newCounters();
    const result = toleranceFor({}, { deadLetters, counters }).giveUp(failedRecord());
    result.catch(() => undefined);
    await turn();
    expect(deadLetters.letters).toHaveLength(1);
    deadLetters.settle();
    await expect(result).rejects.toThrow("Tolerance exceeded in error handler");
    // It is read again when the task is restarted.
    expect(counters.deadLettered).toBe(0);
  });

  it("fails the task with its own error when not even its letter could be written", async () => {
    const deadLetters = new FakeDeadLetters();
    const logger = recordingLogger();
    const result = toleranceFor({}, { deadLetters, logger }).giveUp(failedRecord());
    deadLetters.settle(new ConnectError("refused"));
    await expect(result).rejects.toThrow("Tolerance exceeded in error handler");
    expect(logger.lines).toEqual(["error A failed record was not kept"]);
  });

  it("is neither reported nor skipped when a stop may have cut its retries short", async () => {
    const deadLetters = new FakeDeadLetters();
    const signal = AbortSignal.abort();
    const tolerance = toleranceFor(ALL, { signal, deadLetters });
    await expect(tolerance.giveUp(failedRecord())).rejects.toThrow(Interrupted);
    expect(deadLetters.letters).toEqual([]);
    expect(await tolerance.giveUp(failedRecord({ final: true }))).toBe("dead-lettered");
  });
});

describe("failures are measured", () => {
  function setUp(props: Props, deadLetters?: FakeDeadLetters) {
    const memory = newTaskMemory(DEFAULT_WINDOWS);
    const measures = new TaskMeasures(memory);
    const measured = () => {
      const readings = new TaskReadings(memory);
      return Object.fromEntries(
        TALLIES.map((tally) => [tally, readings.tally(tally)]).filter(([, count]) => count !== 0),
      );
    };
    return { tolerance: toleranceFor(props, { measures, deadLetters }), measured };
  }
  const TALLIES = [
    "recordFailures",
    "recordErrors",
    "recordsSkipped",
    "retries",
    "errorsLogged",
    "deadLetterRequests",
    "deadLetterFailures",
  ] as const;
  const RETRIES = { "errors.retry.timeout": "-1", "errors.retry.delay.max.ms": "1" };

  it("by the attempt, also of what succeeds in the end", async () => {
    const { tolerance, measured } = setUp(RETRIES);
    let calls = 0;
    await tolerance.retry(() => {
      if (++calls < 2) throw new RetriableError("again");
    }, new RetriableError("first"));
    expect(measured()).toEqual({ recordFailures: 2, retries: 2 });
  });

  it("by the record that fails for good, after its retries", async () => {
    const { tolerance, measured } = setUp({ ...RETRIES, "errors.log.enable": "true" });
    const fails = () => {
      throw new DataError("now it is another");
    };
    await expect(tolerance.retry(fails, new RetriableError("first"))).rejects.toThrow(DataError);
    await expect(tolerance.giveUp(failedRecord())).rejects.toThrow(ConnectError);
    expect(measured()).toEqual({
      recordFailures: 2,
      retries: 1,
      recordErrors: 1,
      errorsLogged: 1,
    });
  });

  it("and by what becomes of it", async () => {
    const deadLetters = new FakeDeadLetters();
    const { tolerance, measured } = setUp(ALL, deadLetters);
    await tolerance.giveUp(failedRecord());
    const given = { recordFailures: 1, recordErrors: 1, recordsSkipped: 1, deadLetterRequests: 1 };
    expect(measured()).toEqual(given);
    deadLetters.settle(new ConnectError("refused"));
    await turn();
    expect(measured()).toEqual({ ...given, deadLetterFailures: 1 });
  });
});

it("a value that is not known is refused, naming the key", () => {
  expect(() => toleranceFor({ "errors.tolerance": "some" })).toThrow(/errors\.tolerance/);
});
