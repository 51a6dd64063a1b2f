import { sharedKafka } from "@millrace/services";
import { expect, test } from "vitest";
import { fuzzWorker } from "../src/fuzz/fuzz-worker.ts";

const MEGABYTE = 1024 * 1024;

test("odd requests neither crash a worker nor make it grow", async () => {
  const { statuses, defects, beforeBytes, afterBytes } = await fuzzWorker(
    await sharedKafka(),
    2_000,
    7,
  );
  expect(defects).toEqual([]);
  // They reach the routes, and do not end at the parser.
  expect(statuses.get(200)).toBeGreaterThan(100);
  // Few requests say little; what grows with each of them shows in `pnpm golden fuzz`.
  expect(afterBytes - beforeBytes).toBeLessThan(200 * MEGABYTE);
});
