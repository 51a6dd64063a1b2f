import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";

/** How the template asks for packages of ours, as packages of this repository do of each other. */
const WORKSPACE = "workspace:";

interface PackageJson {
  readonly version: string;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The template's package.json with the versions that this package was published with. */
export function withVersions(packageJson: string): string {
  return packageJson.replaceAll(
    /"(@millrace\/[\w-]+)": "workspace:\^"/g,
    (_, name: string) => `"${name}": "^${versionOf(name)}"`,
  );
}

function versionOf(name: string): string {
  const own = read(new URL("../package.json", import.meta.url));
  const version = own.devDependencies?.[name];
  // Publishing puts versions there; in the repository the package itself has it.
  if (version !== undefined && !version.startsWith(WORKSPACE)) return version;
  const found = findPackageJSON(name, import.meta.url);
  if (found === undefined) throw new Error(`No version of ${name} is known`);
  return read(found).version;
}

function read(file: string | URL): PackageJson {
  return JSON.parse(readFileSync(file, "utf8")) as PackageJson;
}
