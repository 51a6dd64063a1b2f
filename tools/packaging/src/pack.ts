import { fileURLToPath } from "node:url";
import { run } from "./run.ts";

export const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/** A package as it would be published. */
export interface Packed {
  readonly name: string;
  readonly version: string;
  /** The tarball, an absolute path. */
  readonly file: string;
  /** Bytes of the tarball. */
  readonly size: number;
  /** Paths in the package. */
  readonly contents: readonly string[];
}

/**
 * Packs packages of this repository, which have to be built.
 * @param destination folder of the tarballs
 * @param names of packages; all published ones by default
 */
export async function pack(destination: string, names?: readonly string[]): Promise<Packed[]> {
  const filters = names ?? ["./packages/*", "!@millrace/e2e"];
  const said = await run(
    "npx",
    [
      "--yes",
      "pnpm@12",
      "--recursive",
      ...filters.map((filter) => `--filter=${filter}`),
      "pack",
      "--json",
      `--pack-destination=${destination}`,
    ],
    REPOSITORY,
  );
  const packed = packedIn(said);
  // Also by names: pnpm passes over those it does not know.
  const missing = names?.filter((name) => packed.every((found) => found.name !== name)) ?? [];
  if (packed.length === 0 || missing.length > 0) {
    throw new Error(`pnpm packed ${packed.length} packages, without ${missing.join(", ")}`);
  }
  return packed;
}

interface PnpmPacked {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

/** pnpm prints a list for several packages, and what there is of one. */
function packedIn(said: string): Packed[] {
  const json = JSON.parse(said.slice(said.search(/[[{]/))) as PnpmPacked | PnpmPacked[];
  return [json]
    .flat()
    .map(({ name, version, filename, size, files }) => ({
      name,
      version,
      file: filename,
      size,
      contents: files.map(({ path }) => path),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
