import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { findProgram } from "./find-program.ts";
import { startProgress } from "./progress.ts";
import { runCommand } from "./run-command.ts";

/** How a program of Python packages is run. */
export interface PythonPackages {
  /** The `python3` program. */
  readonly command: string;
  /** For the environment of its process. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Packages of PyPI with what they need, in the cached folder `name`.
 *
 * @param requirements as pip takes them: `requests==2.32.0`
 * @throws Error that says what is missing, or with pip's complaint.
 */
export async function pythonPackages(
  name: string,
  requirements: readonly string[],
): Promise<PythonPackages> {
  const python = findProgram("python3");
  if (python === undefined) {
    throw new Error(
      `${name} needs Python, and there is no python3 on the PATH. Install it with its venv module.`,
    );
  }
  const folder = await cached(name, async (folder) => {
    const progress = startProgress(`Fetching ${name} (PyPI)`);
    await installFromPyPi(python, folder, requirements);
    progress.done();
  });
  return { command: python, env: { PYTHONPATH: join(folder, "lib") } };
}

/** Puts packages into the folder `lib` of a folder. @throws Error with the complaint of venv or pip */
export async function installFromPyPi(
  python: string,
  folder: string,
  requirements: readonly string[],
): Promise<void> {
  const what = `fetching ${requirements.join(", ")} from PyPI`;
  // Not every Python has pip, but a virtual environment has.
  const build = join(folder, "build");
  await runCommand(python, ["-m", "venv", build], { what });
  const target = ["--target", join(folder, "lib")];
  const install = ["-m", "pip", "install", ...target, ...requirements];
  await runCommand(join(build, "bin", "python"), install, { what });
  await rm(build, { recursive: true });
}
