import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectClient } from "@millrace/services";
import { quantile } from "../report/spread.ts";

const EVERY_MS = 10;

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Asks `GET /` one after the other, until told to stop. */
export async function restLatency(client: ConnectClient, signal: AbortSignal): Promise<Latency> {
  const times: number[] = [];
  while (!signal.aborted) {
    const start = performance.now();
    await client.request("GET", "/");
    times.push(performance.now() - start);
    await sleep(EVERY_MS);
  }
  const sorted = times.sort((a, b) => a - b);
  return {
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: sorted.at(-1) ?? NaN,
  };
}
