import type { LogLine } from "../client/answers.ts";
import { indent, printable } from "../output/table.ts";

/** A line, and who has it. */
export interface WorkerLine extends LogLine {
  readonly worker: string;
}

/** Lines of several workers as one log. Those of one stay in their order where times are equal. */
export function merge(logs: readonly (readonly WorkerLine[])[]): WorkerLine[] {
  // All times are UTC, with as many digits.
  return logs.flat().toSorted((a, b) => (a.time < b.time ? -1 : Number(a.time > b.time)));
}

/**
 * For people, as the worker's own log has it, without the time.
 * @param connector whose lines these are
 * @param withWorker whether lines of other workers are among them
 */
export function lineText(connector: string, line: WorkerLine, withWorker: boolean): string {
  const { worker, level, task, message, logger, details = {} } = line;
  const context = `${connector}|${task === undefined ? "worker" : `task-${task}`}`;
  const head = `${level.toUpperCase().padEnd(5)} [${context}] ${message} (${logger})`;
  const more = Object.entries(details).map(([key, value]) => `\n${detailText(key, value)}`);
  return printable(`${withWorker ? `${worker}  ` : ""}${head}${more.join("")}`);
}

function detailText(key: string, value: unknown): string {
  return indent(`${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
}
