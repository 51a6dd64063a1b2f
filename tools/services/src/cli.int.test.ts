import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "millrace-cli-"));
  await chmod(cache, 0o755); // the unprivileged user has to enter it
});
afterAll(async () => {
  await services("down");
  await rm(cache, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function services(...args: string[]): Promise<Outcome> {
  const command = ["--conditions=@millrace/source", join(import.meta.dirname, "cli.ts"), ...args];
  const env: NodeJS.ProcessEnv = { ...process.env, XDG_CACHE_HOME: cache };
  delete env["POSTGRES_URL"];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

test("up leaves a service running for other processes, until down", async () => {
  const up = await services("up", "postgres");
  const url = /^export POSTGRES_URL=(\S+)$/m.exec(up.stdout)?.[1] ?? "";
  expect(await answers(url)).toBe(true);

  expect((await services("up", "postgres")).stdout).toContain(url);
  expect(await services("status", "postgres")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(url) as string,
  });
  expect((await services("logs", "postgres")).stdout).toContain("ready to accept connections");

  expect((await services("down", "postgres")).stdout).toBe("postgres: stopped\n");
  expect(await answers(url)).toBe(false);
  expect(await services("status", "postgres")).toMatchObject({ code: 1 });
});

test("a service that nobody knows is refused with the names there are", async () => {
  const { code, stderr } = await services("up", "oracle");
  expect(code).toBe(1);
  expect(stderr).toMatch(/oracle.*kafka, postgres, .*elasticsearch/);
});
