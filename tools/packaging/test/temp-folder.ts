import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";

/** A folder for the tests of a file, gone after them. */
export function tempFolder(): () => string {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "packaging-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return () => folder;
}
