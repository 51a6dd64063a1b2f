import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { DOCUMENT, REPOSITORY } from "../harness/places.ts";
import { withTables } from "./document.ts";
import type { ResultLine } from "./results.ts";

export function writeDocument(lines: readonly ResultLine[]): void {
  writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, "utf8"), lines));
  console.log(`Wrote the tables of ${relative(REPOSITORY, DOCUMENT)}`);
}
