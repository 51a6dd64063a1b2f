import { expect, test } from "vitest";
import { crc32c, crc32cPure } from "./crc32c.ts";

test("the check value of CRC-32C", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe306_9283);
  expect(crc32cPure(Buffer.from("123456789"))).toBe(0xe306_9283);
});

test("native and fallback agree on every length up to 300", () => {
  const data = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 131) & 0xff));
  for (let length = 0; length <= data.length; length++) {
    const part = data.subarray(0, length);
    expect(crc32c(part)).toBe(crc32cPure(part));
  }
});
