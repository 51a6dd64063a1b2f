import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pack } from "../src/pack.ts";
import { pluginPackages, RUNTIME } from "../src/plugins.ts";
import { run } from "../src/run.ts";
import { Registry } from "./registry.ts";
import { tempFolder } from "./temp-folder.ts";

const folder = tempFolder();
const QUIET = ["--no-audit", "--no-fund", "--no-update-notifier"];
/** From `npm create` to a conformance suite that has passed. */
const MOST_MS = 120_000;

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.start(await emptyFolder("registry"));
  const packed = await pack(await emptyFolder("tarballs"));
  await registry.publish(packed, await emptyFolder("publisher"));
});
afterAll(() => registry?.[Symbol.asyncDispose]());

/** A folder in which npm uses the registry. */
async function emptyFolder(name: string): Promise<string> {
  const path = join(folder(), name);
  await mkdir(path, { recursive: true });
  await registry?.use(path);
  return path;
}

async function installedWorker(name: string): Promise<string> {
  const path = await emptyFolder(name);
  await run("npm", ["install", ...QUIET, RUNTIME], path);
  return join(path, "node_modules/.bin");
}

test("npm install @millrace/connect-s3-sink gives a plugin that a worker can use", async () => {
  const bin = await installedWorker("worker");
  const plugins = await emptyFolder("plugins");
  await run("npm", ["install", ...QUIET, "@millrace/connect-s3-sink"], plugins);
  const said = await run(join(bin, "connect-plugins"), ["doctor", "--plugin-path", plugins], bin);
  expect(said).toContain("✓ io.confluent.connect.s3.S3SinkConnector");
  expect(said).toContain("All plugins can be used.");
});

test("every package of plugins can be used, installed into a folder of its own", async () => {
  const bin = await installedWorker("worker-of-all");
  const names = await pluginPackages();
  for (const name of names) {
    await run("npm", ["install", ...QUIET, name], await emptyFolder(`all/${name.slice(10)}`));
  }
  const path = join(folder(), "all");
  const said = await run(join(bin, "connect-plugins"), ["doctor", "--plugin-path", path], bin);
  for (const name of names) expect(said).toContain(`(${name})`);
  expect(said).toContain("All plugins can be used.");
});

test("npm create @millrace/connect-plugin leads to a conformance suite that passes", async () => {
  const path = await emptyFolder("author");
  const started = performance.now();
  const create = ["create", "--yes", "@millrace/connect-plugin", "my-thing"];
  await run("npm", [...create, "--", "--java-package", "com.acme"], path);
  const made = join(path, "my-thing");
  await registry.use(made);
  await run("npm", ["install", ...QUIET], made);
  expect(await run("npm", ["test"], made)).toMatch(/Tests .*passed/);
  const tookMs = performance.now() - started;
  console.log(`From npm create to a conformance suite that passed: ${Math.ceil(tookMs / 1000)} s`);
  expect(tookMs).toBeLessThan(MOST_MS);
});
