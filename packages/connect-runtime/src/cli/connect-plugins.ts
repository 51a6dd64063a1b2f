import { Command } from "commander";
import { readPropertiesFile } from "../config/properties.ts";
import { Logging } from "../logging.ts";
import type { PluginLocation } from "../plugins/location.ts";
import { PluginRegistry } from "../plugins/registry.ts";
import { type Scan, scanPlugins } from "../plugins/scan.ts";
import type { OffsetStore } from "../store/offset-store.ts";
import { defaultHeapMb } from "../threads/memory-limit.ts";
import { createThreads } from "../threads/pool.ts";
import type { Threads } from "../threads/units.ts";

/** How long a plugin may take to load. */
const LOAD_LIMIT_MS = 10_000;

interface Where {
  readonly pluginPath?: string;
  readonly workerConfig?: string;
}

const command = new Command("connect-plugins").description(
  "Shows the plugins a worker would find, and what is wrong with them.",
);
command
  .command("list")
  .description("lists plugins; reads manifests only")
  .option("--plugin-path <folders>", "folders as in plugin.path, separated by commas")
  .option("--worker-config <file>", "take plugin.path from a worker's properties")
  .action(async (where: Where) => list(await scan(where)));
command
  .command("doctor")
  .description("loads every plugin and reads its configuration table; exits 1 when one is broken")
  .option("--plugin-path <folders>", "folders as in plugin.path, separated by commas")
  .option("--worker-config <file>", "take plugin.path from a worker's properties")
  .action(async (where: Where) => doctor(await scan(where)));

async function scan({ pluginPath, workerConfig }: Where): Promise<Scan> {
  const props = workerConfig === undefined ? {} : await readPropertiesFile(workerConfig);
  const path = pluginPath ?? props["plugin.path"] ?? "";
  return scanPlugins(path.split(",").map((folder) => folder.trim()));
}

function list({ plugins, problems }: Scan): void {
  const widest = Math.max(0, ...plugins.map(({ kind }) => kind.length));
  for (const plugin of sorted(plugins)) {
    print(
      `${plugin.kind.padEnd(widest)}  ${plugin.class}  ${plugin.package}@${plugin.packageVersion}`,
    );
  }
  for (const { path, reason } of problems) print(`skipped ${path}: ${reason}`);
}

async function doctor({ plugins, problems }: Scan): Promise<void> {
  const registry = new PluginRegistry(plugins);
  let broken = problems.length;
  for (const { path, reason } of problems) print(`✗ ${path}: ${reason}`);
  await using threads = createThreads({
    workerProps: {},
    plugins,
    offsets: NO_OFFSETS,
    taskThreads: 1,
    graceMs: LOAD_LIMIT_MS,
    stuckMs: LOAD_LIMIT_MS,
    maxHeapMb: defaultHeapMb(1),
    log: new Logging(({ message }) => print(`  ${message}`), "ALL"),
    onActiveTopic: () => undefined,
  });
  // Those that are not for this worker are among the problems already.
  for (const plugin of sorted(plugins).filter(({ unusable }) => unusable === undefined)) {
    const problem = await problemOf(plugin, registry, threads);
    if (problem !== undefined) broken++;
    const name = `${plugin.class} ${plugin.version} (${plugin.package})`;
    print(problem === undefined ? `✓ ${name}` : `✗ ${name}: ${problem}`);
  }
  print(
    broken === 0
      ? "All plugins can be used."
      : `${broken} ${broken === 1 ? "problem" : "problems"} found.`,
  );
  process.exitCode = broken === 0 ? 0 : 1;
}

async function problemOf(
  plugin: PluginLocation,
  registry: PluginRegistry,
  threads: Threads,
): Promise<string | undefined> {
  try {
    registry.find(plugin.kind, plugin.class, plugin.version);
    await threads.pluginConfig(plugin.class, plugin.version, LOAD_LIMIT_MS);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Nothing is run that would ask for offsets. */
const NO_OFFSETS: OffsetStore = {
  start: async () => undefined,
  get: async (keys) => keys.map(() => null),
  set: async () => undefined,
  entries: async () => new Map(),
  stop: async () => undefined,
};

function sorted(plugins: readonly PluginLocation[]): PluginLocation[] {
  const key = ({ kind, class: name, version }: PluginLocation) => `${kind} ${name} ${version}`;
  return plugins.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

// Whoever reads the output may have seen enough: `connect-plugins list | head`.
process.stdout.on("error", () => process.exit());
try {
  await command.parseAsync();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
