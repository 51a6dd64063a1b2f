import { mapEntries } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { eachEntry, MapCollector } from "./schemaless-map.ts";

describe("a map that is collected", () => {
  test("is an object while that keeps the order", () => {
    const { map } = new MapCollector({ b: 1 }).set("a", 2).set("", 3).set("07", 4);
    expect(map).toEqual({ b: 1, a: 2, "": 3, "07": 4 });
    expect(Object.keys(map)).toEqual(["b", "a", "", "07"]);
  });

  test.each([["7"], ["0"], ["__proto__"]])("becomes a Map for the key %s", (key) => {
    const { map } = new MapCollector({ b: 1 }).set(key, 2).set("c", 3);
    expect(map).toEqual(
      new Map<string, number>([
        ["b", 1],
        [key, 2],
        ["c", 3],
      ]),
    );
  });

  test("leaves what it began with as it was", () => {
    const [object, map] = [{ a: 1 }, new Map([["a", 1]])];
    new MapCollector(object).set("a", 2).delete("a");
    new MapCollector(map).set("a", 2).delete("a");
    expect([object, map]).toEqual([{ a: 1 }, new Map([["a", 1]])]);
  });
});

test("the entries are those of the map, in order", () => {
  for (const map of [{ b: 1, a: 2 }, new Map([["7", 1]])]) {
    const seen: [string, unknown][] = [];
    eachEntry(map, (key, value) => seen.push([key, value]));
    expect(seen).toEqual([...mapEntries(map)]);
  }
});
