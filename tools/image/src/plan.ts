/** One folder of plugin.path. */
export interface PluginFolder {
  readonly name: string;
  /** npm packages by name: the plugins', and drivers that they ask for. */
  readonly packages: Readonly<Record<string, string>>;
}

/** What is to be installed where. */
export interface Plan {
  readonly worker: Readonly<Record<string, string>>;
  readonly plugins: readonly PluginFolder[];
}

/**
 * @param runtime as npm takes it: `@millrace/connect-runtime@0.1.0`
 * @param plugins each as npm takes it; with several packages, separated by blanks, all of them
 * get into one folder: a plugin and the driver it needs
 * @throws Error naming what is no package
 */
export function planOf(runtime: string, plugins: readonly string[]): Plan {
  const folders = plugins.map((plugin) => folderOf(plugin));
  const names = folders.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${twice} is named twice`);
  return { worker: packagesOf(runtime), plugins: folders };
}

function folderOf(plugin: string): PluginFolder {
  const packages = packagesOf(plugin);
  const [[name, version]] = Object.entries(packages) as [[string, string]];
  const suffix = /^[\w.-]+$/.test(version) && version !== "latest" ? `-${version}` : "";
  return { name: name.replace(/^@/, "").replaceAll("/", "-") + suffix, packages };
}

function packagesOf(specifiers: string): Record<string, string> {
  const list = specifiers.split(/\s+/).filter((specifier) => specifier !== "");
  if (list.length === 0) throw new Error("A package is missing: write its name, as npm takes it");
  return Object.fromEntries(list.map(packageOf));
}

function packageOf(specifier: string): [name: string, version: string] {
  const found = /^((?:@[\w.-]+\/)?[\w.-]+)(?:@(.+))?$/.exec(specifier);
  if (found === null) throw new Error(`${specifier} is no npm package: write name or name@version`);
  return [found[1]!, found[2] ?? "latest"];
}
