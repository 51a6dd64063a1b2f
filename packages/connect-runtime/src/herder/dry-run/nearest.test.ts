import * as fc from "fast-check";
import { expect, test } from "vitest";
import { distance, nearest } from "./nearest.ts";

const KEYS = ["topics", "topics.regex", "tasks.max", "batch.size", "connection.url", "file"];

test.each([
  ["topcis", "topics"],
  ["Topics", "topics"],
  ["task.max", "tasks.max"],
  ["batchSize", "batch.size"],
  ["conection.uri", "connection.url"],
  ["topic.regex", "topics.regex"],
  ["fiel", "file"],
  ["something.else.entirely", undefined],
  ["x", undefined],
])("%s may mean %s", (word, meant) => {
  expect(nearest(word, KEYS)).toBe(meant);
});

test.each([
  ["", "", 0],
  ["", "abc", 3],
  ["ab", "ba", 1],
  ["kitten", "sitting", 3],
  ["ca", "abc", 3],
])("between %j and %j lie %i mistakes", (a, b, count) => {
  expect(distance(a, b)).toBe(count);
});

test("it is a measure: none between equals, as many there as back, never more than the longer word has letters", () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const between = distance(a, b);
      expect(between === 0).toBe(a === b);
      expect(distance(b, a)).toBe(between);
      expect(between).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(between).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
});
