import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { releasePorts, reservePorts } from "./ports.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "millrace-ports-"));
  chmodSync(home, 0o755);
  vi.stubEnv("XDG_CACHE_HOME", home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const reserved = () => readdirSync(join(home, "millrace", "ports")).map(Number);

test("ports are reserved until they are released", async () => {
  const ports = await reservePorts(3);
  expect(new Set(reserved())).toEqual(new Set(ports));
  expect(await reservePorts(1)).not.toEqual(expect.arrayContaining(ports));
  await releasePorts(ports);
  expect(reserved()).toHaveLength(1);
});

test("a preferred port is taken when it is free", async () => {
  const [free] = (await reservePorts(1)) as [number];
  await releasePorts([free]);
  expect((await reservePorts(2, free))[0]).toBe(free);
  expect(await reservePorts(2, free)).not.toContain(free);
});

test("the reservation of a process that died lapses", async () => {
  await reservePorts(1);
  const left = join(home, "millrace", "ports", "22000");
  writeFileSync(left, String(spawnSync("true").pid));
  await reservePorts(1);
  expect(existsSync(left)).toBe(false);
});
