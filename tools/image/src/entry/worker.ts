#!/usr/bin/env node
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { meaningless, propertiesOf, workerKeys } from "./connect-env.ts";

/**
 * What an image or a tarball starts: a worker of the properties that CONNECT_* variables
 * give. It becomes the worker itself, so that signals reach it and its exit code is the
 * worker's.
 *
 * `worker.js [distributed|standalone] [connector files]`
 */
const HOME = join(import.meta.dirname, "..");
const [mode = "distributed", ...connectors] = process.argv.slice(2);
const bin = join(HOME, `worker/node_modules/@millrace/connect-runtime/bin/connect-${mode}.js`);

try {
  if (!existsSync(bin))
    throw new Error(`${mode} is no way to run a worker: distributed, standalone`);
  process.argv.splice(2, Infinity, propertiesFile(), ...connectors);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
for (const name of meaningless(process.env)) {
  process.stderr.write(`${name} configures Java's logging, and means nothing to this worker\n`);
}
await import(pathToFileURL(bin).href);

/** Passwords may be among the values: only the worker's user reads it. It goes with the process. */
function propertiesFile(): string {
  const keys = new Map([["plugin.path", join(HOME, "plugins")], ...workerKeys(process.env)]);
  const folder = mkdtempSync(join(tmpdir(), "worker-"));
  chmodSync(folder, 0o700);
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "worker.properties");
  writeFileSync(file, propertiesOf(keys), { mode: 0o600 });
  return file;
}
