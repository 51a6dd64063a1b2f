import { describe, expect, it } from "vitest";
import { losses, recordText, StreamCounts } from "./stream-counts.ts";

function counts(...records: readonly [string, number][]): StreamCounts {
  const counts = new StreamCounts();
  counts.addText(records.map(([stream, number]) => `${recordText(stream, number)}\n`).join(""));
  return counts;
}

const check = (counts: StreamCounts, expected: Readonly<Record<string, number>>) =>
  losses("file", counts.report(new Map(Object.entries(expected))));

describe("records of streams", () => {
  it("may be mixed, and repeated from an earlier one on", () => {
    const all = counts(["a", 1], ["b", 1], ["a", 2], ["a", 1], ["a", 2], ["a", 3], ["b", 2]);
    expect(check(all, { a: 3, b: 2 })).toEqual([]);
    expect(all.report(new Map([["a", 3]]))[0]).toMatchObject({ count: 5, distinct: 3, rewinds: 1 });
    expect(all.complete(new Map(Object.entries({ a: 3, b: 2 })))).toBe(true);
  });

  it("are missed in the middle, at the end, and where nothing came at all", () => {
    expect(check(counts(["a", 1], ["a", 3]), { a: 3 })).toEqual([
      "file, stream a: 1 of 3 are missing, first 2",
    ]);
    expect(check(counts(["a", 1], ["a", 2]), { a: 3 })).toEqual([
      "file, stream a: 1 of 3 are missing, first 3",
    ]);
    expect(check(counts(["a", 1]), { a: 1, b: 2 })).toEqual([
      "file, stream b: 2 of 2 are missing, first 1,2",
    ]);
  });

  it("are told when they came after later ones, and when nobody has sent them", () => {
    expect(check(counts(["a", 1], ["a", 3], ["a", 2]), { a: 3 })).toEqual([
      "file, stream a: jumps forward to 3",
    ]);
    expect(check(counts(["a", 1], ["a", 2]), { a: 1 })).toEqual([
      "file, stream a: 2 arrived and only 1 were sent",
    ]);
  });
});

describe("text", () => {
  it("comes in pieces of any size", () => {
    const counts = new StreamCounts();
    for (const letter of "@a:1;\n@a:2;\n@a:10;\n") counts.addText(letter);
    expect(counts.report(new Map([["a", 2]]))[0]).toMatchObject({ count: 3, gaps: [10] });
  });

  it("may have been cut by a kill", () => {
    const counts = new StreamCounts();
    counts.addText("@a:1;\n@a:2@a:1;\n@a@a:2;\n");
    expect(counts.report(new Map([["a", 2]]))[0]).toMatchObject({ count: 3, missing: [] });
  });
});
