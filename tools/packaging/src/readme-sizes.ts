import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "./pack.ts";

const README = join(REPOSITORY, "README.md");
const TABLE = /(<!-- sizes -->\n)([\s\S]*?)(\n<!-- end of sizes -->)/;

/** The table of sizes in the README. */
export async function readmeSizes(): Promise<string> {
  const found = TABLE.exec(await readFile(README, "utf8"));
  if (found === null) throw new Error("README.md has no table of sizes");
  return found[2]!.trim();
}

export async function writeReadmeSizes(table: string): Promise<void> {
  const text = await readFile(README, "utf8");
  await writeFile(README, text.replace(TABLE, `$1\n${table}\n$3`));
}
