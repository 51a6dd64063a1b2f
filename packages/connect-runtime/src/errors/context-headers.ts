import type { RecordHeader } from "@millrace/kafka-client";
import type { FailedRecord, Letter } from "./failed-record.ts";
import { classNameOf, messageOf, traceOf } from "./trace.ts";

const PREFIX = "__connect.errors.";

/** The task that a record failed in. */
export interface LetterWriter {
  readonly connector: string;
  readonly task: number;
  /** What errors say goes to whoever may read the topic: without secrets (I5). */
  readonly hide: (text: string) => string;
}

/**
 * The headers that tell where and why a record failed, after its own, with Java's names
 * and in Java's order (`DeadLetterQueueReporter.populateContextHeaders`).
 */
export function contextHeaders(
  { stage, className, error }: FailedRecord,
  { place }: Letter,
  { connector, task, hide }: LetterWriter,
): RecordHeader[] {
  const entries: (readonly [name: string, value: string])[] = [
    ...place,
    ["connector.name", connector],
    ["task.id", String(task)],
    ["stage", stage],
    ["class.name", className],
    ["exception.class.name", classNameOf(error)],
    ["exception.message", hide(messageOf(error))],
    ["exception.stacktrace", hide(traceOf(error))],
  ];
  return entries.map(([name, value]) => ({ key: PREFIX + name, value: Buffer.from(value) }));
}
