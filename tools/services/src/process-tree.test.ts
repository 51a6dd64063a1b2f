import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isRunning, processTree, startTime } from "./process-tree.ts";

test("finds a process, what it started, and when", async () => {
  const child = spawn("/bin/sh", ["-c", "sleep 60 & echo started; wait"], { detached: true });
  const exited = once(child, "exit");
  await once(child.stdout, "data");
  const pid = child.pid as number;
  const [root, sleeper, ...others] = processTree(pid);
  expect(root).toBe(pid);
  expect(isRunning(sleeper ?? -1)).toBe(true);
  expect(others).toEqual([]);
  expect(startTime(pid)).toBe(startTime(pid));
  process.kill(-pid, "SIGKILL");
  await exited;
  expect(isRunning(pid)).toBe(false);
  expect(startTime(pid)).toBeUndefined();
});
