#!/usr/bin/env node
import { healthUrl } from "./health-url.ts";

/** For HEALTHCHECK: exits with 0 while the worker has its place in the cluster. */
const LIMIT_MS = 5_000;

try {
  const response = await fetch(healthUrl(process.env), { signal: AbortSignal.timeout(LIMIT_MS) });
  const said = await response.text();
  if (!response.ok) throw new Error(`The worker answers ${response.status}: ${said}`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
