import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { cached, cacheFolder, enterableByOthers } from "./cache.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "millrace-cache-"));
  chmodSync(home, 0o755);
  vi.stubEnv("XDG_CACHE_HOME", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

test("lies under XDG_CACHE_HOME", () => {
  expect(cacheFolder()).toBe(join(home, "millrace"));
});

test("makes a folder once, however many ask at once", async () => {
  let made = 0;
  const make = async (folder: string) => {
    made++;
    await writeFile(join(folder, "content"), "whole");
  };
  const folders = await Promise.all([cached("thing", make), cached("thing", make)]);
  expect(new Set(folders)).toEqual(new Set([join(home, "millrace", "thing")]));
  expect(made).toBe(1);
  expect(existsSync(join(folders[0], "content"))).toBe(true);
});

test("leaves nothing of a folder whose making failed, and tries again", async () => {
  const broken = cached("thing", async (folder) => {
    await writeFile(join(folder, "half"), "");
    throw new Error("connection lost");
  });
  await expect(broken).rejects.toThrow("connection lost");
  expect(readdirSync(join(home, "millrace")).filter((name) => name !== "locks")).toEqual([]);
  expect(existsSync(await cached("thing", async () => {}))).toBe(true);
});

test("removes what a killed process left half made", async () => {
  const left = join(cacheFolder(), "thing.4711-abcd.part");
  mkdirSync(left);
  await cached("thing", async () => {});
  expect(existsSync(left)).toBe(false);
});

test("tells folders that only their owner can enter", () => {
  mkdirSync(join(home, "open"), { mode: 0o755 });
  mkdirSync(join(home, "closed"), { mode: 0o700 });
  expect(enterableByOthers(join(home, "open", "not-there-yet"))).toBe(true);
  expect(enterableByOthers(join(home, "closed", "not-there-yet"))).toBe(false);
});
