import { configureGlobal } from "fast-check";

/**
 * fast-check as tests get it (vitest.config.ts leads them here). Properties look at the same
 * examples in each run, so that a change is judged by what it changed; new examples are looked
 * for by `pnpm test:properties`, which draws a seed and says it when one is found.
 */
const seed = process.env["PROPERTY_SEED"] ?? "20261127";
const runs = process.env["PROPERTY_RUNS"];
configureGlobal({
  ...(seed === "random" ? {} : { seed: Number(seed) }),
  ...(runs === undefined ? {} : { numRuns: Number(runs) }),
});

export * from "fast-check";
