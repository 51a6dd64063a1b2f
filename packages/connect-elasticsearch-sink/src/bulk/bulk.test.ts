import { expect, test } from "vitest";
import { operation } from "../../test/operations.ts";
import { Bulk } from "./bulk.ts";
import { LineBuffer } from "./line-buffer.ts";

test("its body is the lines of its operations, wherever they are kept", () => {
  const buffer = new LineBuffer();
  const texts = [
    "a\n",
    "ü€😀\n",
    "x".repeat(200_000),
    "y".repeat(200_000),
    "z\n",
    "dropped",
    "c\n",
  ];
  const operations = texts.map((text, i) => operation("a", i, { lines: buffer.write(text) }));
  const sent = operations.filter((_operation, i) => texts[i] !== "dropped");
  const bulk = Bulk.of([...sent, operation("other", 9)]);
  const expected = [...texts.filter((text) => text !== "dropped"), "other@9\n"].join("");
  expect(bulk.body().toString("utf8")).toBe(expected);
  expect(bulk.bytes).toBe(Buffer.byteLength(expected));
  expect(new Bulk().body()).toHaveLength(0);
});

test("takes no operation beyond its limit in bytes, but always the first", () => {
  const bulk = new Bulk();
  expect(bulk.add(operation("€".repeat(10), 1), 5)).toBe(true);
  expect(bulk.add(operation("b", 2), 36)).toBe(false);
  expect(bulk.bytes).toBe(33);
  expect(bulk.add(operation("b", 2), 37)).toBe(true);
  expect(bulk.operations).toHaveLength(2);
});
