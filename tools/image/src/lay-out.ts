import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { npmInstall, type Packed } from "@millrace/packaging";
import type { Plan } from "./plan.ts";

/** Built, since what is assembled runs without this repository. */
const ENTRY = join(import.meta.dirname, "../dist/entry");
const DOCKERFILE = join(import.meta.dirname, "../Dockerfile");

/**
 * Writes what an image is built from: folders whose packages are to be installed, and what
 * starts the worker.
 * @param packed packages of this repository, to be taken instead of published ones
 */
export async function layOut(
  folder: string,
  plan: Plan,
  packed: readonly Packed[] = [],
): Promise<void> {
  await mkdir(join(folder, "bin"), { recursive: true });
  for (const name of await readdir(ENTRY)) {
    if (name.endsWith(".js")) await copyFile(join(ENTRY, name), join(folder, "bin", name));
  }
  await writeFile(join(folder, "bin/package.json"), `{ "type": "module" }\n`);
  await copyFile(DOCKERFILE, join(folder, "Dockerfile"));
  // Also without a package of this repository: the Dockerfile copies it.
  await mkdir(join(folder, "packages"), { recursive: true });
  for (const { file } of packed) await copyFile(file, join(folder, "packages", basename(file)));
  for (const [place, packages] of places(plan)) {
    await mkdir(join(folder, place), { recursive: true });
    const json = packageJson(packages, packed, relative(place, "packages"));
    await writeFile(join(folder, place, "package.json"), `${JSON.stringify(json, null, 2)}\n`);
  }
}

/** Installs what was laid out, as the Dockerfile does. */
export async function install(folder: string, plan: Plan): Promise<void> {
  for (const [place] of places(plan)) await npmInstall(join(folder, place), "--omit=dev,peer");
}

function places(plan: Plan): [place: string, packages: Readonly<Record<string, string>>][] {
  return [
    ["worker", plan.worker],
    ...plan.plugins.map(({ name, packages }) => [join("plugins", name), packages] as const),
  ].map(([place, packages]) => [place as string, packages as Record<string, string>]);
}

function packageJson(
  packages: Readonly<Record<string, string>>,
  packed: readonly Packed[],
  to: string,
): object {
  const files = Object.fromEntries(
    packed.map(({ name, file }) => [name, `file:${join(to, basename(file))}`]),
  );
  const dependencies = Object.fromEntries(
    Object.entries(packages).map(([name, version]) => [name, files[name] ?? version]),
  );
  return { private: true, dependencies, ...(packed.length > 0 && { overrides: files }) };
}
