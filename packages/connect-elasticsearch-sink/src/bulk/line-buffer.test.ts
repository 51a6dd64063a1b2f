import { expect, test } from "vitest";
import { LineBuffer } from "./line-buffer.ts";

test("keeps texts of every size and script as they are", () => {
  const buffer = new LineBuffer();
  const units = ["a", "é", "€", "😀"];
  const texts = [1, 100, 20_000, 90_000, 300_000].flatMap((count) =>
    units.map((unit) => unit.repeat(count)),
  );
  const kept = [...texts, ...texts].map((text) => ({ text, lines: buffer.write(text) }));
  for (const { text, lines } of kept) {
    expect(lines.chunk.toString("utf8", lines.start, lines.end)).toBe(text);
  }
});
