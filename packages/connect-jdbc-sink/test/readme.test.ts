import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { CONFIG } from "../src/config.ts";
import { PARTS } from "./readme-parts.ts";

const README = `${import.meta.dirname}/../README.md`;

/** `vitest run -u` writes what has changed. */
test("the README's tables and statements are those of the code", async () => {
  let text = await readFile(README, "utf8");
  for (const [name, render] of Object.entries(PARTS)) {
    const begin = `<!-- ${name}: written by test/readme.test.ts -->\n\n`;
    const end = `\n\n<!-- end of ${name} -->`;
    const [before, after] = [text.indexOf(begin), text.indexOf(end)];
    expect(before, `the mark of ${name}`).toBeGreaterThan(0);
    expect(after, `the end of ${name}`).toBeGreaterThan(before);
    text = text.slice(0, before + begin.length) + render(CONFIG) + text.slice(after);
  }
  await expect(text).toMatchFileSnapshot(README);
});
