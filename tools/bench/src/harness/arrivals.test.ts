import { expect, test } from "vitest";
import { Arrivals } from "./arrivals.ts";
import { lineOf, numberOf } from "./lines.ts";

test("arrivals are counted once, again, and not at all", () => {
  const arrivals = new Arrivals(4);
  for (const number of [0, 2, 2, 2, 7, NaN]) arrivals.add(number);
  expect(arrivals).toMatchObject({ missing: 2, repeated: 2, strange: 2 });
});

test("a line is 100 bytes and tells its number", () => {
  expect(Buffer.byteLength(lineOf(4_999_999))).toBe(100);
  expect(numberOf(lineOf(4_999_999))).toBe(4_999_999);
  expect(numberOf("not such a line")).toBeNaN();
});
