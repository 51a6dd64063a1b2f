import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { isAbsolute, normalize, resolve, sep } from "node:path";
import { type ConfigDef, ConfigError } from "@millrace/connect-api";

export const ALLOWED_PATHS = {
  "allowed.paths": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    doc: "Folders and files that may be read, separated by commas. Unset or empty: all.",
  },
} as const satisfies ConfigDef;

/**
 * Which files a provider may read (`allowed.paths`, KIP-993). Paths come from whoever may
 * submit a connector: neither `..` nor a link leads out. Java compares the path as it is
 * written; here the file that is read must be inside as well.
 */
export class AllowedPaths {
  /** Undefined: all are allowed, as in Java. */
  readonly #roots: readonly string[] | undefined;

  /** @throws {ConfigError} for a path that is not absolute or does not exist */
  constructor(setting: string | undefined) {
    if (!setting) return;
    this.#roots = setting.split(",").map((written) => {
      const path = written.trim();
      if (!isAbsolute(path)) throw problem(written, "is not absolute");
      if (!existsSync(path)) throw problem(written, "does not exist");
      return withoutSlash(normalize(path));
    });
  }

  /**
   * The path to read from instead of one that is not trusted.
   * @returns undefined where reading is not allowed; nothing tells whether there is a file
   */
  async real(untrusted: string): Promise<string | undefined> {
    const path = resolve(untrusted);
    if (this.#roots === undefined) return path;
    const roots = this.#roots.filter((root) => isInside(path, root));
    if (roots.length === 0) return undefined;
    const real = await realpath(path).catch(() => undefined);
    // Reading it says what is wrong, and what is not there cannot be read.
    if (real === undefined) return path;
    // Links inside are followed, as Kubernetes mounts its secrets; so may the root be one.
    const realRoots = await Promise.all(
      this.#roots.map((root) => realpath(root).catch(() => root)),
    );
    return realRoots.some((root) => isInside(real, root)) ? real : undefined;
  }
}

function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root === sep ? root : root + sep);
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith(sep) ? path.slice(0, -1) : path;
}

function problem(path: string, what: string): ConfigError {
  return new ConfigError("allowed.paths", path, `Path ${path} ${what}`);
}
