import { expect, test } from "vitest";
import { checkSink, checkSource } from "./model.ts";

test.each(["true", "false"])(
  "100,000 random operations through a sink that is killed at random (ordered=%s)",
  async (ordered) => {
    const { found, expected } = await checkSink(11, 100_000, { "bulk.write.ordered": ordered });
    expect(found).toEqual(expected);
  },
);

test("100,000 random operations behind a source that is killed at random", async () => {
  await expect(checkSource(13, 100_000)).resolves.toBeUndefined();
});
