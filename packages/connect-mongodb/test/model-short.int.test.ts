import { expect, test } from "vitest";
import { checkSink, checkSource } from "./model.ts";

test.each([1, 2])(
  "a sink that is killed at random leaves what the records say (seed %i)",
  async (seed) => {
    const { found, expected } = await checkSink(seed, 3000, {
      "bulk.write.ordered": String(seed === 1),
    });
    expect(found).toEqual(expected);
  },
);

test("a source that is killed at random misses nothing", async () => {
  await expect(checkSource(3, 400)).resolves.toBeUndefined();
});
