import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import satisfies from "semver/functions/satisfies.js";
import validRange from "semver/ranges/valid.js";

const API = "@millrace/connect-api";

type Json = Readonly<Record<string, unknown>>;

/**
 * Compares the connect-api that a package of plugins was made for, its peer dependency, with
 * the one that all plugins get: the worker's. npm does not, where plugins have folders of
 * their own. A package that names none is taken at its word.
 * @returns what is wrong, for the log and for whoever uses the plugin
 */
export function apiMismatch(
  packageJson: Json,
  version: string = workerApiVersion(),
): string | undefined {
  const range = wantedRange(packageJson);
  // Within its own repository a package has no range yet: it is of the same commit.
  if (range === undefined || range.startsWith("workspace:")) return undefined;
  if (validRange(range) === null) {
    return `it asks for ${API} "${range}", which is no range of versions: the package is broken`;
  }
  if (satisfies(version, range, { includePrerelease: true })) return undefined;
  return `it is made for ${API} ${range}, this worker has ${version}: install a version of the package that is made for it, or another version of the worker`;
}

function wantedRange(packageJson: Json): string | undefined {
  for (const key of ["peerDependencies", "dependencies"]) {
    const range = (packageJson[key] as Json | undefined)?.[API];
    if (typeof range === "string") return range;
  }
  return undefined;
}

let known: string | undefined;

function workerApiVersion(): string {
  if (known === undefined) {
    const file = findPackageJSON(API, import.meta.url);
    if (file === undefined) throw new Error(`${API} is not installed beside the worker`);
    known = (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  }
  return known;
}
