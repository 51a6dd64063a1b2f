import type { Logger, Props } from "@millrace/connect-api";
import type { FailedRecord } from "./failed-record.ts";
import { classNameOf, messageOf, traceOf } from "./trace.ts";

/**
 * Writes failed records to the log (`errors.log.enable`, Java: `LogReporter`). Of the
 * record nothing is told unless `errors.log.include.messages` allows it; the causes of an
 * error, which often quote what could not be read, belong to that.
 */
export class ErrorLog {
  readonly #task: string;
  readonly #includesRecords: boolean;
  readonly #logger: Logger;

  /** @param task `<connector>-<number>` */
  constructor(task: string, connectorProps: Props, logger: Logger) {
    this.#task = task;
    this.#includesRecords = isTrue(connectorProps["errors.log.include.messages"]);
    this.#logger = logger;
  }

  report({ stage, className, error, origin }: FailedRecord): void {
    const details = this.#includesRecords ? origin.describe() : "";
    this.#logger.error(
      `Error encountered in task ${this.#task}. Executing stage '${stage}' with class '${className}'${details}.`,
      { error: this.#includesRecords ? traceOf(error) : withoutCauses(error) },
    );
  }
}

/** Whether a connector wants its failed records in the log. */
export function logsErrors(connectorProps: Props): boolean {
  return isTrue(connectorProps["errors.log.enable"]);
}

function withoutCauses(error: unknown): string {
  if (!(error instanceof Error)) return classNameOf(error);
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const headline = `${classNameOf(error)}: ${messageOf(error)}`;
  return `${[headline, ...frames.map((line) => `\t${line.trim()}`)].join("\n")}\n`;
}

function isTrue(text: string | undefined): boolean {
  return text?.trim().toLowerCase() === "true";
}
