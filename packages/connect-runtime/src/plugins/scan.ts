import { readdir, readFile, realpath } from "node:fs/promises";
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
 */
export async function scanPlugins(pluginPath: readonly string[]): Promise<Scan> {
  const scan = new PluginScan();
  for (const directory of await ownDependencies()) await scan.visitPackage(directory);
  for (const entry of pluginPath) {
    if (entry !== "") await scan.visitEntry(resolve(entry));
  }
  return { plugins: scan.plugins, problems: [...scan.problems, ...contested(scan.plugins)] };
}

class PluginScan {
  readonly plugins: PluginLocation[] = [];
  readonly problems: PluginProblem[] = [];
  readonly #visited = new Set<string>();

  async visitEntry(directory: string): Promise<void> {
    const children = await childrenOf(directory);
    if (children === undefined) {
      this.#report(directory, "plugin.path names it, but it is not a folder that can be read");
      return;
    }
    if (await this.visitPackage(directory)) return;
    this.#reportJars(directory, children.files);
    await this.#visitFolder(directory, children.folders, 0);
  }

  /** @returns false when the folder is not a package with a manifest */
  async visitPackage(directory: string): Promise<boolean> {
    const text = await readFile(join(directory, "package.json"), "utf8").catch(() => undefined);
    if (text === undefined) return false;
    try {
      const packageJson: unknown = JSON.parse(text);
      if (!hasManifest(packageJson)) return false;
      // A package met twice, by its path and by a link to it, is one package.
      const real = await realpath(directory);
      if (this.#visited.has(real)) return true;
      this.#visited.add(real);
      this.plugins.push(...readManifest(packageJson, real));
    } catch (error) {
      this.#report(directory, `its package.json is broken: ${(error as Error).message}`);
    }
    return true;
  }

  async #visitFolder(directory: string, folders: readonly string[], depth: number): Promise<void> {
    for (const folder of folders) {
      const path = join(directory, folder);
      if (folder.startsWith("@") || folder === "node_modules") {
        await this.#visitFolder(path, (await childrenOf(path))?.folders ?? [], depth);
      } else if (!(await this.visitPackage(path)) && depth === 0) {
        await this.#visitChild(path);
      }
    }
  }

  /** A child that is no plugin package itself may hold some that were installed into it. */
  async #visitChild(directory: string): Promise<void> {
    const children = await childrenOf(directory);
    if (children === undefined) return;
    this.#reportJars(directory, children.files);
    if (children.folders.includes("node_modules")) {
      await this.#visitFolder(directory, ["node_modules"], 1);
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

async function childrenOf(
  directory: string,
): Promise<{ folders: string[]; files: string[] } | undefined> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return undefined;
  const shown = entries.filter((entry) => !entry.name.startsWith("."));
  return {
    // Links count as folders: package managers link packages.
    folders: shown.filter((e) => e.isDirectory() || e.isSymbolicLink()).map((e) => e.name),
    files: shown.filter((e) => e.isFile()).map((e) => e.name),
  };
}

/** Folders of the packages this one depends on. */
async function ownDependencies(): Promise<string[]> {
  const own = findPackageJSON("..", import.meta.url);
  if (own === undefined) return [];
  const { dependencies = {} } = JSON.parse(await readFile(own, "utf8")) as {
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
