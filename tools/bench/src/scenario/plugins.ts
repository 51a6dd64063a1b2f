import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { PACKAGES } from "../harness/places.ts";
import { spreadOf } from "../report/spread.ts";
import type { Scenario } from "./scenario.ts";

const PLUGINS = 200;
/** Packages that npm has installed beside each of them. */
const DEPENDENCIES = 20;
const SCAN = join(PACKAGES, "connect-runtime/dist/plugins/scan.js");
const API = join(PACKAGES, "connect-api/dist/index.js");

/** Imports a file as a thread of tasks does, which has connect-api already. */
const IMPORT = `
  const { parentPort, workerData } = require("node:worker_threads");
  (async () => {
    await import(workerData.api);
    const start = performance.now();
    await import(workerData.module);
    parentPort.postMessage(performance.now() - start);
  })();
`;

interface PackageJson {
  readonly name: string;
  readonly kafkaConnect?: { readonly plugins: readonly { readonly module: string }[] };
}

export const plugins: Scenario = {
  name: "plugins",
  summary: `${PLUGINS} packages in a plugin.path, each with ${DEPENDENCIES} others in its folder; and the import of ours`,
  async run({ reps, workFolder, say, report }) {
    install(workFolder);
    say("the packages are there");
    const times: number[] = [];
    for (let rep = 0; rep < reps; rep++) times.push(await find(workFolder));
    report({
      figure: `finding ${PLUGINS} packages of plugins`,
      value: spreadOf(times).median,
      digits: 0,
      unit: "ms",
      bar: "time to find them",
    });
    for (const { name, module } of ours()) {
      const imports: number[] = [];
      for (let rep = 0; rep < reps; rep++) imports.push(await importTime(module));
      report({
        figure: `import of ${name}`,
        value: spreadOf(imports).median,
        digits: 0,
        unit: "ms",
        bar: "time to import one",
      });
    }
  },
};

/** As `npm install` leaves them, with code that throws: nobody is to run it. */
function install(root: string): void {
  for (let i = 0; i < PLUGINS; i++) {
    const modules = join(root, `plugin-${i}`, "node_modules");
    const plugin = { kind: "sink", class: `org.acme.S${i}`, module: "./index.js", export: "S" };
    addPackage(join(modules, "@acme", `connect-${i}`), { api: 1, plugins: [plugin] });
    for (let k = 0; k < DEPENDENCIES; k++) addPackage(join(modules, `dependency-${k}`));
  }
}

function addPackage(folder: string, kafkaConnect?: object): void {
  mkdirSync(folder, { recursive: true });
  const scripts = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`script-${i}`, "true"]));
  const json = { name: folder, version: "1.0.0", scripts, kafkaConnect };
  writeFileSync(join(folder, "package.json"), JSON.stringify(json, null, 2));
  writeFileSync(join(folder, "index.js"), "throw new Error('run');");
}

/** @returns milliseconds */
async function find(folder: string): Promise<number> {
  const { scanPlugins } = (await import(SCAN)) as {
    scanPlugins: (path: readonly string[]) => Promise<{ readonly plugins: readonly unknown[] }>;
  };
  const start = performance.now();
  const { plugins: found } = await scanPlugins([folder]);
  const took = performance.now() - start;
  if (found.length < PLUGINS) throw new Error(`Only ${found.length} plugins were found`);
  return took;
}

function ours(): { name: string; module: string }[] {
  return readdirSync(PACKAGES).flatMap((folder) => {
    const text = readFileSync(join(PACKAGES, folder, "package.json"), "utf8");
    const { name, kafkaConnect } = JSON.parse(text) as PackageJson;
    const modules = new Set(kafkaConnect?.plugins.map(({ module }) => module));
    return [...modules].map((module) => ({ name, module: join(PACKAGES, folder, module) }));
  });
}

function importTime(module: string): Promise<number> {
  const workerData = { api: pathToFileURL(API).href, module: pathToFileURL(module).href };
  return new Promise((resolve, reject) => {
    // Built code, as it is run: not the sources that this process runs from.
    const thread = new Worker(IMPORT, { eval: true, execArgv: [], workerData });
    thread.once("error", reject);
    thread.once("message", (took: number) => {
      resolve(took);
      void thread.terminate();
    });
  });
}
