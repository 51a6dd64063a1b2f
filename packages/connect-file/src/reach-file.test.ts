import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ALLOWED_ROOTS_VARIABLE } from "./allowed-roots.ts";
import { reachToRead, reachToWrite } from "./reach-file.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "reach-"))));
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

it("tells what is there, and makes nothing", async () => {
  const file = join(folder, "a.txt");
  await expect(reachToRead(file)).resolves.toContain("does not exist; the task waits");
  await expect(reachToWrite(file)).resolves.toContain("can be made");
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(file, "line\n");
  await expect(reachToRead(file)).resolves.toContain("5 bytes");
  await expect(reachToWrite(file)).resolves.toContain("can be appended to");
});

it("tells why a file cannot be used", async () => {
  await expect(reachToRead(folder)).rejects.toThrow("it is a folder");
  await expect(reachToWrite(folder)).rejects.toThrow("it is a folder");
  await expect(reachToWrite(join(folder, "none", "a.txt"))).rejects.toThrow(
    "its folder does not exist",
  );
});

it("looks at no file outside the allowed folders", async () => {
  vi.stubEnv(ALLOWED_ROOTS_VARIABLE, join(folder, "in"));
  for (const reach of [reachToRead, reachToWrite]) {
    await expect(reach(join(folder, "a.txt"))).rejects.toThrow("outside the folders");
  }
});

it("has no file to look at where there is none", async () => {
  await expect(reachToRead(null)).resolves.toContain("standard input");
  await expect(reachToWrite(null)).resolves.toContain("standard output");
});
