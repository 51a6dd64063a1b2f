import type { Props } from "@millrace/connect-api";
import type { Labels } from "./group.ts";

const PREFIX = "metrics.context.";

/** What an operator says of a worker for its metrics: `metrics.context.*`, without the prefix (KIP-606). */
export function metricsContext(workerProps: Props): Labels {
  return Object.fromEntries(
    Object.entries(workerProps)
      .filter(([key]) => key.startsWith(PREFIX) && key.length > PREFIX.length)
      .map(([key, value]) => [key.slice(PREFIX.length), value]),
  );
}

/** The same as labels of each series; characters that label names cannot have become `_`. */
export function contextLabels(context: Labels): Labels {
  return Object.fromEntries(
    Object.entries(context).map(([key, value]) => [labelName(key), value] as const),
  );
}

/** What a label can be called, and the rest of a metric's name. */
export function labelName(key: string): string {
  const name = key.replaceAll(/[^A-Za-z0-9_]/g, "_");
  return /^[0-9]/.test(name) ? `_${name}` : name;
}
