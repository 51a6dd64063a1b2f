import { type Dirent, readdirSync, readFileSync, realpathSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join, resolve } from "node:path";
import { hasManifest, readManifest } from "./manifest.ts";
import type { PluginLocation } from "./location.ts";

/** A place that was meant to hold plugins and does not; the worker runs without it. */
export interface PluginProblem {
  readonly path: string;
  readonly reason: string;
}

export interface Scan {
  readonly plugins: readonly PluginLocation[];
  readonly problems: readonly PluginProblem[];
}

/**
 * Finds the plugins of `plugin.path`, and those among the worker's own dependencies.
 * Each folder of the path is a package, or holds packages: as children, as
 * `@scope/child`, or in a `node_modules`, its own or a child's. Only package.json files
 * are read; what is broken becomes a problem and stops nothing.
 *
 * Reads without giving way to others, since nothing else runs yet: waiting for each of the
 * thousands of small files below a plugin.path would take several times as long.
 */
export async function scanPlugins(pluginPath: readonly string[]): Promise<Scan> {
  const scan = new PluginScan();
  for (const directory of ownDependencies()) scan.visitPackage(directory);
  for (const entry of pluginPath) {
    if (entry !== "") scan.visitEntry(resolve(entry));
  }
  return { plugins: scan.plugins, problems: [...scan.problems, ...contested(scan.plugins)] };
}

class PluginScan {
  readonly plugins: PluginLocation[] = [];
  readonly problems: PluginProblem[] = [];
  readonly #visited = new Set<string>();

  visitEntry(directory: string): void {
    const children = childrenOf(directory);
    if (children === undefined) {
      this.#report(directory, "plugin.path names it, but it is not a folder that can be read");
      return;
    }
    if (this.visitPackage(directory)) return;
    this.#reportJars(directory, children.files);
    this.#visitFolder(directory, children.folders, 0);
  }

  /** @returns false when the folder is not a package with a manifest */
  visitPackage(directory: string): boolean {
    const text = textOf(join(directory, "package.json"));
    if (text === undefined) return false;
    try {
      const packageJson: unknown = JSON.parse(text);
      if (!hasManifest(packageJson)) return false;
      // A package met twice, by its path and by a link to it, is one package.
      const real = realpathSync.native(directory);
      if (this.#visited.has(real)) return true;
      this.#visited.add(real);
      const plugins = readManifest(packageJson, real);
      this.plugins.push(...plugins);
      const unusable = plugins[0]?.unusable;
      if (unusable !== undefined) this.#report(directory, unusable);
    } catch (error) {
      this.#report(directory, `its package.json is broken: ${(error as Error).message}`);
    }
    return true;
  }

  #visitFolder(directory: string, folders: readonly string[], depth: number): void {
    for (const folder of folders) {
      const path = join(directory, folder);
      if (folder.startsWith("@") || folder === "node_modules") {
        this.#visitFolder(path, childrenOf(path)?.folders ?? [], depth);
      } else if (!this.visitPackage(path) && depth === 0) {
        this.#visitChild(path);
      }
    }
  }

  /** A child that is no plugin package itself may hold some that were installed into it. */
  #visitChild(directory: string): void {
    const children = childrenOf(directory);
    if (children === undefined) return;
    this.#reportJars(directory, children.files);
    if (children.folders.includes("node_modules")) {
      this.#visitFolder(directory, ["node_modules"], 1);
    }
  }

  #reportJars(directory: string, files: readonly string[]): void {
    const jars = files.filter((file) => file.endsWith(".jar"));
    if (jars.length === 0) return;
    this.#report(
      directory,
      `it holds Java plugins (${jars[0]}${jars.length > 1 ? `, ${jars.length} files` : ""}), which this worker cannot run: install the npm package of the connector instead`,
    );
  }

  #report(path: string, reason: string): void {
    this.problems.push({ path, reason });
  }
}

/** Undefined for what is not there, or can't be read. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function childrenOf(directory: string): { folders: string[]; files: string[] } | undefined {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return undefined;
  }
  const shown = entries.filter((entry) => !entry.name.startsWith("."));
  return {
    // Links count as folders: package managers link packages.
    folders: shown.filter((e) => e.isDirectory() || e.isSymbolicLink()).map((e) => e.name),
    files: shown.filter((e) => e.isFile()).map((e) => e.name),
  };
}

/** Folders of the packages this one depends on. */
function ownDependencies(): string[] {
  const own = findPackageJSON("..", import.meta.url);
  if (own === undefined) return [];
  const { dependencies = {} } = JSON.parse(readFileSync(own, "utf8")) as {
    dependencies?: Record<string, string>;
  };
  return Object.keys(dependencies).flatMap((name) => {
    const found = findPackageJSON(name, import.meta.url);
    return found === undefined ? [] : [dirname(found)];
  });
}

/** Classes that two different packages claim: neither can be used (see `PluginRegistry`). */
function contested(plugins: readonly PluginLocation[]): PluginProblem[] {
  const first = new Map<string, PluginLocation>();
  const problems: PluginProblem[] = [];
  for (const plugin of plugins) {
    const key = `${plugin.kind} ${plugin.class}`;
    const other = first.get(key);
    if (other === undefined) first.set(key, plugin);
    else if (other.package !== plugin.package) {
      problems.push({
        path: plugin.directory,
        reason: `${plugin.class} is also in package ${other.package} (${other.directory}): the class is not offered until one of the two is removed`,
      });
    }
  }
  return problems;
}
