import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { runCommand } from "./run-command.ts";

export interface DebianLibrary {
  /** `libaio.so.1` */
  readonly library: string;
  /** Debian's packages that bring it, by the release. */
  readonly packages: readonly string[];
}

/**
 * The folder of a shared library that a program needs, taken from Debian's package
 * without installing it; undefined where the system has it.
 *
 * @throws Error that names the library, where there is no such package to be had.
 */
export async function libraryFolder(
  program: string,
  { library, packages }: DebianLibrary,
): Promise<string | undefined> {
  const missing = await runCommand(program, ["--version"], { what: `asking ${program}` }).then(
    () => false,
    (error: unknown) => {
      if (String(error).includes(library)) return true;
      throw error;
    },
  );
  if (!missing) return undefined;
  const folder = await cached(library, async (folder) => {
    for (const name of packages) {
      try {
        await unpack(name, folder);
        await alias(join(folder, LIBRARIES), library);
        return;
      } catch (cause) {
        if (name !== packages.at(-1)) continue;
        throw new Error(
          `${program} needs ${library}. Install it (apt-get install ${packages[0]}), or let apt-get download it: run apt-get update first.`,
          { cause },
        );
      }
    }
  });
  return join(folder, LIBRARIES);
}

const LIBRARIES = "usr/lib/x86_64-linux-gnu";

async function unpack(name: string, folder: string): Promise<void> {
  await runCommand("apt-get", ["download", name], { what: `fetching ${name}`, cwd: folder });
  const file = (await readdir(folder)).find((entry) => entry.endsWith(".deb"));
  await runCommand("dpkg", ["-x", join(folder, file ?? ""), folder], { what: `unpacking ${name}` });
}

/** Newer releases call the same library by another name. */
async function alias(folder: string, library: string): Promise<void> {
  const files = await readdir(folder);
  const other = files.find((file) => file.startsWith(library));
  if (!files.includes(library) && other !== undefined) await symlink(other, join(folder, library));
}
