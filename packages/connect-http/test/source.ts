import type { Props, SourceRecord } from "@millrace/connect-api";
import { type SourceRun, type SourceRunOptions, startSource } from "@millrace/connect-testkit";
import { ConfluentHttpSourceConnector, MillraceHttpSourceConnector } from "../src/index.ts";

/** Starts our own source, with short waits. */
export function startMillrace(
  url: string,
  props: Props = {},
  options?: SourceRunOptions,
): Promise<SourceRun> {
  const defaults = { url, topic: "t", "poll.interval.ms": "20", "retry.backoff.ms": "2" };
  return startSource(MillraceHttpSourceConnector, { ...defaults, ...props }, options);
}

/** Starts Confluent's source, with short waits. */
export function startConfluentSource(
  url: string,
  props: Props = {},
  options?: SourceRunOptions,
): Promise<SourceRun> {
  const defaults = {
    url,
    "topic.name.pattern": "t",
    "request.interval.ms": "20",
    "retry.backoff.ms": "2",
  };
  return startSource(ConfluentHttpSourceConnector, { ...defaults, ...props }, options);
}

/** The ids of records whose values have one. */
export function idsOf(records: readonly SourceRecord[]): unknown[] {
  return records.map(({ value }) => (value as { id: unknown }).id);
}
