import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { releasePorts, reservePorts, sharedKafka } from "@millrace/services";
import { expect, test } from "vitest";
import { read } from "./generated.ts";
import { LocalRegistry } from "./tutorial/local-registry.ts";
import { Reader } from "./tutorial/reader.ts";
import { stepsOf } from "./tutorial/steps.ts";

test("whoever follows the tutorial has a connector in the end", { timeout: 300_000 }, async () => {
  await using home = await temporaryFolder();
  const packages = ["runtime", "file", "testkit"].map((name) => `@millrace/connect-${name}`);
  await using registry = await LocalRegistry.start(
    [...packages, "@millrace/create-connect-plugin"],
    await folderIn(home.path, "tarballs"),
  );
  await using ports = await reserved(2);
  const [rest, feed] = ports.numbers.map(String) as [string, string];
  const replacements = { "localhost:9092": await sharedKafka(), "8083": rest, "8080": feed };
  const work = await folderIn(home.path, "work");
  await using reader = new Reader(work, replacements, await npmFor(registry, home.path));
  const steps = stepsOf(read("tutorial.md"));
  expect(steps.length).toBeGreaterThan(20);
  for (const step of steps) await reader.follow(step);
});

/** npm's own settings and downloads, but for this repository's packages, which are not published. */
async function npmFor(registry: LocalRegistry, folder: string): Promise<NodeJS.ProcessEnv> {
  const settings = await readFile(join(homedir(), ".npmrc"), "utf8").catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  });
  const userconfig = join(folder, ".npmrc");
  await writeFile(userconfig, `${settings}\n@millrace:registry=${registry.url}\n`);
  const cache = await folderIn(folder, "npm");
  const downloads = join(
    execFileSync("npm", ["config", "get", "cache"], { encoding: "utf8" }).trim(),
    "_cacache",
  );
  await mkdir(downloads, { recursive: true });
  await symlink(downloads, join(cache, "_cacache"));
  return { NPM_CONFIG_USERCONFIG: userconfig, NPM_CONFIG_CACHE: cache };
}

async function reserved(count: number): Promise<AsyncDisposable & { numbers: number[] }> {
  const numbers = await reservePorts(count);
  return { numbers, [Symbol.asyncDispose]: () => releasePorts(numbers) };
}

async function folderIn(parent: string, name: string): Promise<string> {
  await mkdir(join(parent, name));
  return join(parent, name);
}

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "millrace-tutorial-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
