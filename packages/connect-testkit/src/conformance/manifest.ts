import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, normalize, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Connector, SinkConnector, SourceConnector } from "@millrace/connect-api";
import type { Check } from "./driver.ts";

const KINDS = [
  "source",
  "sink",
  "converter",
  "header_converter",
  "transformation",
  "predicate",
  "config_provider",
  "rest_extension",
  "client_config_override_policy",
] as const;
type Kind = (typeof KINDS)[number];

/** Methods that a plugin of each kind must have besides `config`. */
const METHODS: Readonly<Record<Kind, readonly string[]>> = {
  source: ["initialize", "start", "stop", "taskClass", "taskConfigs", "validate", "alterOffsets"],
  sink: ["initialize", "start", "stop", "taskClass", "taskConfigs", "validate", "alterOffsets"],
  converter: ["configure", "fromConnectData", "toConnectData"],
  header_converter: ["configure", "fromConnectHeader", "toConnectHeader"],
  transformation: ["configure", "apply"],
  predicate: ["configure", "test"],
  config_provider: ["configure", "get"],
  rest_extension: ["configure", "register"],
  client_config_override_policy: ["configure", "validate"],
};

/** One entry of `kafkaConnect.plugins`. */
export interface PluginEntry {
  readonly kind: Kind;
  readonly class: string;
  readonly aliases: readonly string[];
  readonly module: string;
  readonly export: string;
}

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
  readonly kafkaConnect?: { readonly api?: unknown; readonly plugins?: unknown };
}

export function folder(packageDir: string | URL): string {
  return packageDir instanceof URL || packageDir.startsWith("file:")
    ? fileURLToPath(packageDir)
    : packageDir;
}

async function readPackage(packageDir: string): Promise<PackageJson> {
  return JSON.parse(await readFile(join(packageDir, "package.json"), "utf8")) as PackageJson;
}

/** The plugins a package's manifest names. @throws {AssertionError} saying what is wrong with it */
export async function readManifest(packageDir: string): Promise<readonly PluginEntry[]> {
  const { kafkaConnect: manifest } = await readPackage(packageDir);
  assert.ok(manifest, `package.json in ${packageDir} has no "kafkaConnect" manifest`);
  assert.equal(manifest.api, 1, `"kafkaConnect.api" must be 1`);
  assert.ok(
    Array.isArray(manifest.plugins) && manifest.plugins.length > 0,
    `"kafkaConnect.plugins" must list at least one plugin`,
  );
  return (manifest.plugins as unknown[]).map(pluginEntry);
}

function pluginEntry(entry: unknown, i: number): PluginEntry {
  const where = `"kafkaConnect.plugins[${i}]"`;
  assert.ok(typeof entry === "object" && entry !== null, `${where} must be an object`);
  const {
    kind,
    class: name,
    aliases = [],
    module,
    export: exported,
  } = entry as Partial<PluginEntry>;
  assert.ok(
    kind !== undefined && KINDS.includes(kind),
    `${where}.kind is one of ${KINDS.join(", ")}`,
  );
  assert.ok(
    typeof name === "string" && /^[\w.$]+$/.test(name),
    `${where}.class must be a class name`,
  );
  assert.ok(
    Array.isArray(aliases) && aliases.every((alias) => typeof alias === "string"),
    `${where}.aliases must be a list of names`,
  );
  assert.ok(
    typeof module === "string" && module.startsWith("./"),
    `${where}.module must be a path that starts with "./"`,
  );
  assert.ok(typeof exported === "string", `${where}.export must name an export`);
  return { kind, class: name, aliases, module, export: exported };
}

/**
 * Imports the class of a plugin: from its source where that lies beside (`src/x.ts` for
 * `dist/x.js`), so that tests need no build, else from the file the manifest names.
 */
export async function loadPlugin(packageDir: string, entry: PluginEntry): Promise<unknown> {
  const built = normalize(join(packageDir, entry.module));
  const source = built
    .replace(`${sep}dist${sep}`, `${sep}src${sep}`)
    .replace(/\.([cm]?)js$/, ".$1ts");
  const file = existsSync(source) ? source : built;
  const module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Record<
    string,
    unknown
  >;
  return module[entry.export];
}

/** The class of a connector. @throws {AssertionError} when the manifest does not lead to one */
export async function loadConnector(
  packageDir: string,
  kind: "source" | "sink",
  name: string,
): Promise<new () => Connector> {
  const entry = (await readManifest(packageDir)).find((plugin) => plugin.class === name);
  assert.ok(entry, `the manifest names no plugin ${name}`);
  assert.equal(entry.kind, kind, `${name} is a ${entry.kind} in the manifest`);
  const loaded = await loadPlugin(packageDir, entry);
  checkConnectorClass(entry, loaded);
  return loaded as new () => Connector;
}

function checkConnectorClass(entry: PluginEntry, loaded: unknown): void {
  const base = entry.kind === "source" ? SourceConnector : SinkConnector;
  assert.ok(
    typeof loaded === "function" && loaded.prototype instanceof base,
    `export ${entry.export} of ${entry.module} must be a class that extends ${base.name}`,
  );
}

/** Checks of the package itself. */
export function packageChecks(packageDir: string, drivenClasses: readonly string[]): Check[] {
  return [
    {
      name: "manifest matches exports",
      run: async () => {
        for (const entry of await readManifest(packageDir)) await checkExport(packageDir, entry);
      },
    },
    {
      name: "manifest names no class twice",
      run: async () => {
        // One class may be a converter and a header converter, but connectors share names.
        const names = (await readManifest(packageDir)).flatMap(({ kind, ...entry }) => {
          const space = kind === "source" || kind === "sink" ? "connector" : kind;
          return [entry.class, ...entry.aliases].map((name) => `${space} ${name}`);
        });
        assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted());
      },
    },
    {
      name: "every connector of the manifest has a driver",
      run: async () => {
        const connectors = (await readManifest(packageDir)).filter(
          ({ kind }) => kind === "source" || kind === "sink",
        );
        assert.deepEqual(
          drivenClasses.toSorted(),
          connectors.map((entry) => entry.class).toSorted(),
        );
      },
    },
    {
      name: "connect-api is a peer dependency, and only that",
      run: async () => {
        const { peerDependencies, dependencies } = await readPackage(packageDir);
        assert.ok(
          peerDependencies?.["@millrace/connect-api"],
          "the worker brings connect-api: list it under peerDependencies",
        );
        assert.equal(dependencies?.["@millrace/connect-api"], undefined);
      },
    },
    {
      name: "has a README",
      run: async () => {
        assert.ok((await readFile(join(packageDir, "README.md"), "utf8")).length > 0);
      },
    },
  ];
}

async function checkExport(packageDir: string, entry: PluginEntry): Promise<void> {
  const loaded = await loadPlugin(packageDir, entry);
  const where = `export ${entry.export} of ${entry.module} (${entry.class})`;
  assert.ok(typeof loaded === "function", `${where} must be a class, but is ${typeof loaded}`);
  const isConnector = entry.kind === "source" || entry.kind === "sink";
  if (isConnector) checkConnectorClass(entry, loaded);
  const plugin = new (loaded as new () => Record<string, unknown>)();
  for (const method of ["config", ...METHODS[entry.kind]]) {
    assert.equal(typeof plugin[method], "function", `${where} must have a method ${method}`);
  }
  if (!isConnector) return;
  const taskClass = (plugin as unknown as Connector).taskClass();
  const task = taskClass.prototype as Record<string, unknown>;
  for (const method of ["start", entry.kind === "source" ? "poll" : "put", "stop"]) {
    assert.equal(typeof task[method], "function", `the task class of ${where} must have ${method}`);
  }
}
