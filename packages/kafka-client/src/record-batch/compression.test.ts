import { expect, test } from "vitest";
import { CODECS, compress, decompress } from "./compression.ts";

const text = Buffer.from("a record like any other, ".repeat(4000));

test.each(CODECS.filter((codec) => codec !== "none"))("%s undoes itself", (codec) => {
  const packed = compress(codec, text);
  expect(packed.length).toBeLessThan(text.length / 4);
  expect(decompress(codec, packed).equals(text)).toBe(true);
});

test.each([
  ["gzip", 1, 9],
  ["zstd", 1, 19],
] as const)("%s honours its level", (codec, fast, small) => {
  const data = Buffer.from(
    Array.from({ length: 20_000 }, (_, i) => `${(i * 2_654_435_761) >>> 17},`).join(""),
  );
  const packed = compress(codec, data, small);
  expect(packed.length).toBeLessThan(compress(codec, data, fast).length);
  expect(decompress(codec, packed).equals(data)).toBe(true);
});

test("snappy as Java frames it: a header, then chunks with their lengths", () => {
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const halves = [text.subarray(0, 50_000), text.subarray(50_000)];
  const chunks = halves.flatMap((half) => {
    const packed = compress("snappy", half);
    const length = Buffer.alloc(4);
    length.writeInt32BE(packed.length);
    return [length, packed];
  });
  expect(decompress("snappy", Buffer.concat([header, ...chunks])).equals(text)).toBe(true);
});

test("what would fill the memory is refused", () => {
  const zeros = Buffer.alloc(10 * 1024 * 1024);
  const gzip = Buffer.concat(Array<Buffer>(30).fill(compress("gzip", zeros, 1)));
  expect(gzip.length).toBeLessThan(2 * 1024 * 1024);
  expect(() => decompress("gzip", gzip)).toThrow(/decompress to more than 268435456/);
  const zstd = compress("zstd", Buffer.alloc(300 * 1024 * 1024), 1);
  expect(() => decompress("zstd", zstd)).toThrow(/decompress to more than 268435456/);
});
