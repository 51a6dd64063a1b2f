import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { cacheFolder } from "./cache.ts";
import { isRunning } from "./process-tree.ts";

const FIXTURE = join(import.meta.dirname, "../test/fixtures/hold-postgres.ts");

async function startHolder(end: "throw" | "return" | "wait") {
  const child = spawn(process.execPath, ["--conditions=@millrace/source", FIXTURE, end], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(child, "exit");
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const { pid } = JSON.parse(line) as { pid: number };
  return { child, exited, server: pid };
}

function expectNothingLeft(holder: number, server: number): Promise<void> {
  return expect
    .poll(
      () => ({
        running: isRunning(server),
        folders: readdirSync(join(cacheFolder(), "run")).filter((name) =>
          name.startsWith(`postgres-${holder}-`),
        ),
      }),
      { timeout: 10_000 },
    )
    .toEqual({ running: false, folders: [] });
}

test.each(["SIGKILL", "SIGINT", "SIGTERM"] as const)(
  "a server ends, and its data goes, when its parent gets %s",
  async (signal) => {
    const { child, exited, server } = await startHolder("wait");
    expect(isRunning(server)).toBe(true);
    child.kill(signal);
    await exited;
    await expectNothingLeft(child.pid as number, server);
  },
);

test.each(["throw", "return"] as const)(
  "a server ends, and its data goes, when its parent ends by %s",
  async (end) => {
    const { child, exited, server } = await startHolder(end);
    expect(await exited).toEqual([end === "throw" ? 1 : 0, null]);
    await expectNothingLeft(child.pid as number, server);
  },
);
