import { expect, test } from "vitest";
import { checkSink, checkSource } from "./model.ts";

test.each(["true", "false"])(
  "100,000 random operations through a sink that is killed at random (ordered=%s)",
  async (ordered) => {
    const { found, expected } = await checkSink(11, 100_000, { "bulk.write.ordered": ordered });
    expect(found).toEqual(expected);
  },
);

test("20,000 random operations behind a source that is killed at random", async () => {
  const { found, expected } = await checkSource(13, 20_000);
  expect(found).toEqual(expected);
});
