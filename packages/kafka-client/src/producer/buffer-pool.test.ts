import { expect, test } from "vitest";

import { BufferPool } from "./buffer-pool.ts";

test("keeps so many buffers of its size, and no others", () => {
  const pool = new BufferPool(1000, 1);
  const [a, b, small] = [pool.take(1000), pool.take(501), pool.take(500)];
  expect([a, b, small].map(({ length }) => length)).toEqual([1000, 1000, 500]);
  for (const buffer of [small, a, b]) pool.give(buffer);
  expect(pool.take(1000)).toBe(a);
  expect(pool.take(1000)).not.toBe(b);
});
