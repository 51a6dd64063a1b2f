import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "./pack.ts";

export const RUNTIME = "@millrace/connect-runtime";

interface PackageJson {
  readonly name: string;
  readonly kafkaConnect?: object;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Packages of this repository that carry plugins, without those that come with the worker. */
export async function pluginPackages(): Promise<string[]> {
  const packages = await readPackages();
  const withWorker = packages.find(({ name }) => name === RUNTIME)?.dependencies ?? {};
  return packages
    .filter(({ name, kafkaConnect }) => kafkaConnect !== undefined && !(name in withWorker))
    .map(({ name }) => name);
}

async function readPackages(): Promise<PackageJson[]> {
  const folder = join(REPOSITORY, "packages");
  const names = (await readdir(folder)).toSorted();
  const texts = names.map((name) => readFile(join(folder, name, "package.json"), "utf8"));
  return (await Promise.all(texts)).map((text) => JSON.parse(text) as PackageJson);
}
