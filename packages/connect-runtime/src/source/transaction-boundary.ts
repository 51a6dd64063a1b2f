import type { Logger, Props } from "@millrace/connect-api";

/** Where the transactions of a source task end. */
export type TransactionBoundary =
  | { readonly kind: "poll" | "connector" }
  | { readonly kind: "interval"; readonly intervalMs: number };

/**
 * By `transaction.boundary`. An interval that is too long for the brokers' patience is made shorter:
 * they abort a transaction at its time-out, and the task would fail again and again. (Java lets it;
 * by its defaults both are a minute.)
 * @param transactionTimeoutMs of the task's producer
 */
export function transactionBoundary(
  connectorProps: Props,
  workerProps: Props,
  transactionTimeoutMs: number,
  logger: Logger,
): TransactionBoundary {
  const kind = (connectorProps["transaction.boundary"] ?? "poll").trim().toLowerCase();
  if (kind === "connector") return { kind };
  if (kind !== "interval") return { kind: "poll" };
  const asked = Number(
    connectorProps["transaction.boundary.interval.ms"] ??
      workerProps["offset.flush.interval.ms"] ??
      60_000,
  );
  const longest = Math.max(1, Math.floor(transactionTimeoutMs / 2));
  if (asked > longest) {
    logger.warn(
      `Transactions are committed every ${longest} ms, not every ${asked} ms (transaction.boundary.interval.ms, or else the worker's offset.flush.interval.ms): the brokers abort them after ${transactionTimeoutMs} ms; raise producer.override.transaction.timeout.ms to have longer ones`,
    );
  }
  return { kind, intervalMs: Math.max(1, Math.min(asked, longest)) };
}
