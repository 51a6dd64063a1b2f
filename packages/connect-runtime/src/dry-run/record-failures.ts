import type { FailedRecord } from "../errors/failed-record.ts";
import { messageOf } from "../errors/trace.ts";
import type { Failures } from "../record/record-steps.ts";
import type { RecordFailure } from "./steps.ts";

/** Keeps why the record under way failed. Nothing is tried again, nobody else is told. */
export class RecordFailures implements Failures {
  #last: FailedRecord | undefined;

  async retry<T>(_operation: () => T | Promise<T>, firstError: unknown): Promise<T> {
    throw firstError;
  }

  async giveUp(failed: FailedRecord): Promise<"skipped"> {
    this.#last = failed;
    return "skipped";
  }

  /** Of the record that was given up last. */
  get last(): RecordFailure {
    const { stage, className, error } = this.#last!;
    return failureOf(stage, className, error);
  }
}

export function failureOf(
  stage: RecordFailure["stage"],
  className: string,
  error: unknown,
): RecordFailure {
  return { stage, class: className, error: withCauses(error) };
}

/** Converters tell by the cause what is wrong with a record, and some repeat it. */
function withCauses(error: unknown): string {
  const messages: string[] = [];
  const seen = new Set<unknown>();
  for (let at = error; at !== undefined && !seen.has(at);) {
    seen.add(at);
    const message = messageOf(at);
    if (!messages.some((earlier) => earlier.includes(message))) messages.push(message);
    at = at instanceof Error ? at.cause : undefined;
  }
  return messages.join(": ");
}
