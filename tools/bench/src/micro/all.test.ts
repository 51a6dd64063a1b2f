import { describe, expect, test } from "vitest";
import { MICRO_BENCHMARKS, selectBenchmarks } from "./all.ts";
import { keep, lastKept } from "./benchmark.ts";

describe("micro-benchmarks", () => {
  test("have names of their own, which results are compared by", () => {
    const names = MICRO_BENCHMARKS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(MICRO_BENCHMARKS.map(({ name, prepare }) => ({ name, prepare })))(
    "$name runs, and makes something",
    ({ prepare }) => {
      const { operations, run } = prepare();
      expect(operations).toBeGreaterThan(0);
      keep(undefined);
      run();
      expect(lastKept()).toBeDefined();
    },
  );

  test("are chosen by parts of their names", () => {
    const names = selectBenchmarks(["murmur2", "lines/"]).map(({ name }) => name);
    expect(names).toEqual([
      "murmur2/key of 16 B",
      "murmur2/key of 100 B",
      "lines/ASCII",
      "lines/ASCII with CR LF",
      "lines/UTF-8",
    ]);
    expect(() => selectBenchmarks(["nothing"])).toThrow('"nothing"');
  });
});
