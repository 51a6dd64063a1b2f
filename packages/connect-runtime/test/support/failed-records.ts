import { DataError, type Logger, type Props } from "@millrace/connect-api";
import type { DeadLetters } from "../../src/errors/dead-letter-queue.ts";
import type { FailedRecord, Letter } from "../../src/errors/failed-record.ts";
import { Tolerance, type ToleranceOptions } from "../../src/errors/tolerance.ts";
import { newCounters } from "../../src/task/counters.ts";
import { TaskMeasures } from "../../src/task/measures.ts";

const quiet = () => {};
export const quietLogger: Logger = {
  trace: quiet,
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: quiet,
};

/** A tolerance as tasks have it, with what a test does not care about filled in. */
export function toleranceFor(props: Props, options: Partial<ToleranceOptions> = {}): Tolerance {
  return new Tolerance(props, {
    logger: quietLogger,
    signal: new AbortController().signal,
    counters: newCounters(),
    measures: new TaskMeasures(),
    task: "c-0",
    ...options,
  });
}

/** A record that failed in a transformation. */
export function failedRecord(changes: Partial<FailedRecord> = {}): FailedRecord {
  const letter: Letter = {
    key: "k",
    value: "v",
    timestampMs: 7,
    headers: [{ key: "own", value: "h" }],
    place: [
      ["topic", "t"],
      ["partition", "0"],
      ["offset", "5"],
    ],
  };
  return {
    stage: "TRANSFORMATION",
    className: "org.example.X",
    error: new DataError("bad"),
    origin: {
      where: "of t-0 at offset 5",
      describe: () => ", where consumed record is {topic='t', partition=0, offset=5}",
      letter: () => letter,
    },
    ...changes,
  };
}

/** Dead letters that become durable, or fail, when the test says so. */
export class FakeDeadLetters implements DeadLetters {
  readonly letters: FailedRecord[] = [];
  readonly #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #settled: Promise<unknown> = Promise.resolve();

  /** How many are not durable yet. */
  get pending(): number {
    return this.#waiting.length;
  }

  write(failed: FailedRecord): Promise<void> {
    this.letters.push(failed);
    const written = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#settled = Promise.all([this.#settled, written]);
    this.#settled.catch(() => undefined);
    return written;
  }

  async ready(): Promise<void> {}

  async settled(): Promise<void> {
    await this.#settled;
  }

  /** The brokers have everything, or refuse it. */
  settle(error?: Error): void {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (error) reject(error);
      else resolve();
    }
  }
}
