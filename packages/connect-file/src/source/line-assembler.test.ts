import { array, assert, constantFrom, nat, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { LineAssembler } from "./line-assembler.ts";
import type { Lines } from "./lines.ts";

interface Line {
  readonly text: string;
  readonly end: number;
}

function flat(blocks: readonly (Lines | null)[]): Line[] {
  return blocks.flatMap((lines) =>
    (lines?.texts ?? []).map((text, i) => ({ text, end: lines?.ends[i] ?? Number.NaN })),
  );
}

/** Gives each chunk in a buffer with `headroom` free bytes before it, which is overwritten afterwards. */
function assemble(chunks: readonly Uint8Array[], headroom = 0, position = 0): Line[] {
  const assembler = new LineAssembler("test", position);
  const lines = chunks.map((chunk) => {
    const storage = Buffer.concat([Buffer.alloc(headroom), chunk]);
    const complete = assembler.push({ storage, from: headroom, to: storage.length });
    storage.fill("X");
    return complete;
  });
  return flat(lines);
}

/** The lines byte by byte, as simply as can be. */
function expected(bytes: Buffer): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (let i = 0; i < bytes.length - 1 || bytes[i] === 10; i += 1) {
    if (bytes[i] !== 10 && bytes[i] !== 13) continue;
    const textEnd = i;
    if (bytes[i] === 13 && bytes[i + 1] === 10) i += 1;
    lines.push({ text: bytes.toString("utf8", start, textEnd), end: i + 1 });
    start = i + 1;
  }
  return lines;
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const points = [0, ...cuts.map((c) => c % (bytes.length + 1)).toSorted((a, b) => a - b)];
  return points.map((point, i) => bytes.subarray(point, points[i + 1]));
}

describe("LineAssembler", () => {
  test("makes the same lines of texts in whatever chunks they come", () => {
    const texts = array(constantFrom("a", "bc", "ü", "🚂", "\n", "\r", "\r\n", "漢字"));
    assert(
      property(texts, array(nat(40)), nat(8), (parts, cuts, headroom) => {
        const bytes = Buffer.from(parts.join(""));
        expect(assemble(cut(bytes, cuts), headroom)).toEqual(expected(bytes));
      }),
    );
  });

  test("makes the same lines of bytes that are no UTF-8", () => {
    const bytes = array(constantFrom(0x0a, 0x0d, 0x41, 0x80, 0xc3, 0xff));
    assert(
      property(bytes, array(nat(40)), (parts, cuts) => {
        const whole = Buffer.from(parts);
        expect(assemble(cut(whole, cuts))).toEqual(expected(whole));
      }),
    );
  });

  test("counts positions from where it starts", () => {
    expect(assemble([Buffer.from("ä\nb\n")], 0, 100)).toEqual([
      { text: "ä", end: 103 },
      { text: "b", end: 105 },
    ]);
  });

  test("drops a byte order mark at the start of the file, and only there", () => {
    const marked = Buffer.from("\uFEFFa\n\uFEFFb\n");
    expect(assemble(cut(marked, [1, 2]))).toEqual([
      { text: "a", end: 5 },
      { text: "\uFEFFb", end: 10 },
    ]);
    expect(assemble([Buffer.from("\uFEFFa\n")], 0, 7)).toEqual([{ text: "\uFEFFa", end: 12 }]);
  });

  test("holds back a carriage return until the next byte", () => {
    const assembler = new LineAssembler("test", 0);
    const push = (text: string) => {
      const storage = Buffer.from(text);
      return flat([assembler.push({ storage, from: 0, to: storage.length })]);
    };
    expect(push("a\r")).toEqual([]);
    expect(push("\n")).toEqual([{ text: "a", end: 3 }]);
    expect(push("b\r")).toEqual([]);
    expect(push("c")).toEqual([{ text: "b", end: 5 }]);
  });

  test("gives the rest as a last line when it is told that no more comes", () => {
    for (const [rest, end] of [
      ["tail", 6],
      ["tail\r", 7],
    ] as const) {
      const assembler = new LineAssembler("test", 0);
      const storage = Buffer.from(`a\n${rest}`);
      assembler.push({ storage, from: 0, to: storage.length });
      expect(flat([assembler.finish()])).toEqual([{ text: "tail", end }]);
      expect(assembler.finish()).toBeNull();
    }
  });

  test("refuses a line longer than the limit, naming file and position", () => {
    const assembler = new LineAssembler("/tmp/long.txt", 0, 10);
    const push = (text: string) => {
      const storage = Buffer.from(text);
      return assembler.push({ storage, from: 0, to: storage.length });
    };
    push("ok\n1234");
    push("5678");
    expect(() => push("9012")).toThrow(
      "The line at byte 3 of /tmp/long.txt is longer than 10 bytes",
    );
  });
});
