import type { Logger } from "@millrace/connect-api";
import { expect, it } from "vitest";
import { transactionBoundary } from "./transaction-boundary.ts";

const WORKER = { "offset.flush.interval.ms": "7000" };

function boundaryOf(props: Record<string, string>, timeoutMs = 60_000) {
  const warnings: string[] = [];
  const noop = () => {};
  const warn = (message: string) => void warnings.push(message);
  const logger: Logger = { trace: noop, debug: noop, info: noop, warn, error: noop };
  return { boundary: transactionBoundary(props, WORKER, timeoutMs, logger), warnings };
}

it.each([
  [{}, { kind: "poll" }],
  [{ "transaction.boundary": "POLL" }, { kind: "poll" }],
  [{ "transaction.boundary": "Connector" }, { kind: "connector" }],
  [{ "transaction.boundary": "interval" }, { kind: "interval", intervalMs: 7000 }],
  [
    { "transaction.boundary": "interval", "transaction.boundary.interval.ms": "250" },
    { kind: "interval", intervalMs: 250 },
  ],
])("%j", (props, expected) => {
  expect(boundaryOf(props)).toEqual({ boundary: expected, warnings: [] });
});

it("an interval that the brokers would not wait for is made shorter, with a warning", () => {
  const { boundary, warnings } = boundaryOf({ "transaction.boundary": "interval" }, 10_000);
  expect(boundary).toEqual({ kind: "interval", intervalMs: 5000 });
  expect(warnings).toEqual([
    expect.stringMatching(/5000 ms, not every 7000 ms.*transaction\.timeout\.ms/),
  ]);
});
