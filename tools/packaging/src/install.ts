import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Packed } from "./pack.ts";
import { run } from "./run.ts";

/** Nobody answers there: a package of ours that npm looked for instead of taking its tarball. */
const NOWHERE = "http://127.0.0.1:1/";

/**
 * Installs packed packages into a folder with npm, as a user would, but from their tarballs:
 * also what they need of each other. Packages of others come from npm's registry. Peer
 * dependencies are left out: plugins get the worker's connect-api.
 * @param names of packages among those packed
 */
export async function installPacked(
  folder: string,
  packed: readonly Packed[],
  names: readonly string[],
): Promise<void> {
  const files = Object.fromEntries(packed.map(({ name, file }) => [name, `file:${file}`]));
  const dependencies = names.map((name) => {
    if (files[name] === undefined) throw new Error(`${name} is not packed`);
    return [name, files[name]] as const;
  });
  await mkdir(folder, { recursive: true });
  const json = {
    private: true,
    dependencies: Object.fromEntries(dependencies),
    overrides: files,
  };
  await writeFile(join(folder, "package.json"), `${JSON.stringify(json, null, 2)}\n`);
  await writeFile(join(folder, ".npmrc"), `@millrace:registry=${NOWHERE}\n`);
  await npmInstall(folder, "--omit=peer");
}

/** Runs `npm install` in a folder. */
export async function npmInstall(folder: string, ...args: readonly string[]): Promise<void> {
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier"];
  await run("npm", ["install", ...quiet, "--prefer-offline", ...args], folder);
}
