import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "./lock.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-lock-"));
  file = join(folder, "locks", "work");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("work under one lock never overlaps", async () => {
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} starts`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    events.push(`${name} ends`);
  };
  await Promise.all([withLock(file, work("a")), withLock(file, work("b"))]);
  expect(events.slice(0, 2)).toEqual([events[0], events[0]?.replace("starts", "ends")]);
  expect(events).toHaveLength(4);
});

test("work that fails gives the lock back", async () => {
  const failing = withLock(file, () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(existsSync(file)).toBe(false);
});

test("the lock of a process that died is taken over", async () => {
  await withLock(file, async () => {});
  const { pid } = spawnSync("true");
  writeFileSync(file, String(pid));
  expect(await withLock(file, async () => "done")).toBe("done");
});
