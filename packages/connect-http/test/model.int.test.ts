import { expect, test } from "vitest";
import { checkCrash, checkDelivery } from "./sink-model.ts";
import { checkReading, WAYS } from "./source-model.ts";

// The same few examples in each run; `model.e2e.test.ts` draws many.
const SEED = 20261127;

test("the sink loses nothing, keeps keys in order, and repeats only what is ambiguous", async () => {
  await checkDelivery({ numRuns: 6, seed: SEED });
  expect.hasAssertions();
});

test("the sink loses nothing and keeps keys in order over a crash", async () => {
  await checkCrash({ numRuns: 4, seed: SEED });
  expect.hasAssertions();
});

test.each(WAYS)("%s the source skips nothing, wherever the task dies", async (_name, props) => {
  await checkReading(props, { numRuns: 10, seed: SEED });
  expect.hasAssertions();
});
