import { expect, test } from "vitest";
import { checkCrash, checkDelivery } from "./sink-model.ts";
import { checkReading, WAYS } from "./source-model.ts";

test("the sink loses nothing, keeps keys in order, and repeats only what is ambiguous", async () => {
  await checkDelivery({ numRuns: 40 });
  expect.hasAssertions();
});

test("the sink loses nothing and keeps keys in order over a crash", async () => {
  await checkCrash({ numRuns: 25 });
  expect.hasAssertions();
});

test.each(WAYS)("%s the source skips nothing, wherever the task dies", async (_name, props) => {
  await checkReading(props, { numRuns: 60 });
  expect.hasAssertions();
});
