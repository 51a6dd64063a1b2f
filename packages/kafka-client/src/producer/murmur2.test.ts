import { expect, test } from "vitest";
import { murmur2 } from "./murmur2.ts";

/** Values of org.apache.kafka.common.utils.Utils.murmur2. */
test.each([
  ["21", -973_932_308],
  ["foobar", -790_332_482],
  ["a-little-bit-long-string", -985_981_536],
  ["a-little-bit-longer-string", -1_486_304_829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
  ["abc", 479_470_107],
])("murmur2 of %s", (text, expected) => {
  expect(murmur2(Buffer.from(text))).toBe(expected);
});

test("bytes after the length do not count", () => {
  expect(murmur2(Buffer.from("foobar and more"), 6)).toBe(-790_332_482);
});
