import { expect, test } from "vitest";
import { LruCache } from "./lru-cache.ts";

test("forgets what was not asked for longest", () => {
  const cache = new LruCache<string, number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  expect(cache.get("a")).toBe(1);
  cache.set("c", 3);
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual([1, undefined, 3]);
  expect(cache.size).toBe(2);
});

test("keeps nothing when it may hold nothing", () => {
  const cache = new LruCache<string, number>(0);
  cache.set("a", 1);
  expect(cache.get("a")).toBeUndefined();
});
