import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "./pack.ts";
import { writeReadmeSizes } from "./readme-sizes.ts";
import { measureSizes, sizesTable } from "./sizes.ts";

// Writes the sizes of the installed packages into the README.
const folder = await mkdtemp(join(tmpdir(), "sizes-"));
try {
  const table = sizesTable(await measureSizes(folder, await pack(folder)));
  await writeReadmeSizes(table);
  console.log(table);
} finally {
  await rm(folder, { recursive: true });
}
