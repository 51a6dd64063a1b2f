import { beforeAll, expect, test } from "vitest";
import { pack } from "../src/pack.ts";
import { readmeSizes } from "../src/readme-sizes.ts";
import { megabytes } from "../src/size.ts";
import { type Installed, measureSizes, sizesTable } from "../src/sizes.ts";
import { tempFolder } from "./temp-folder.ts";

/** A worker with all plugins; that of a worker alone is tested by installed.int.test.ts. */
const MOST_MB = 250;
/** Dependencies of dependencies change from day to day. */
const DRIFT_MB = 2;

const folder = tempFolder();
let installed: readonly Installed[];
beforeAll(async () => {
  installed = await measureSizes(folder(), await pack(folder()));
});

test(`a worker with all plugins takes at most ${MOST_MB} MB, also of the disk`, () => {
  expect(megabytes(installed.at(-1)!.onDisk)).toBeLessThanOrEqual(MOST_MB);
});

test("the README has these sizes (pnpm sizes writes them)", async () => {
  const written = rowsOf(await readmeSizes());
  const measured = rowsOf(sizesTable(installed));
  expect([...written.keys()]).toEqual([...measured.keys()]);
  const wrong = [...measured].filter(
    ([what, mb]) => Math.abs(written.get(what)! - mb) > DRIFT_MB + 0.1 * mb,
  );
  expect(wrong).toEqual([]);
});

/** Megabytes of files by what was installed. */
function rowsOf(table: string): Map<string, number> {
  const rows = table.split("\n").slice(2);
  return new Map(
    rows.map((row) => {
      const [, what, mb] = row.split("|").map((cell) => cell.trim());
      return [what!, Number(mb)];
    }),
  );
}
