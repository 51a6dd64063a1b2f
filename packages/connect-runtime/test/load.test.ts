import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { PluginKind, PluginLocation } from "../src/plugins/location.ts";

// Real sockets and threads, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const LOAD = new URL("../src/plugins/load.ts", import.meta.url).href;

/** What a thread does with a plugin: loads it and looks at what it got. */
const THREAD = `
  const { workerData, parentPort } = require("node:worker_threads");
  (async () => {
    const { loadPlugin } = await import(${JSON.stringify(LOAD)});
    const api = await import(workerData.api);
    try {
      const Plugin = await loadPlugin(workerData.location);
      const plugin = new Plugin();
      parentPort.postMessage({ sameApi: plugin instanceof api.SinkConnector, name: Plugin.name });
    } catch (error) {
      parentPort.postMessage({ name: error.name, message: error.message, cause: error.cause?.message });
    }
  })();
`;

/** A package outside the repository, which cannot find the worker's packages by itself. */
function outsider(code: string, kind: PluginKind = "sink"): PluginLocation {
  const directory = mkdtempSync(join(tmpdir(), "outsider-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, "lib"));
  const file = join(directory, "lib/index.mjs");
  writeFileSync(file, code);
  return {
    kind,
    class: "org.acme.Foo",
    aliases: [],
    version: "1.0.0",
    package: "outsider",
    packageVersion: "1.0.0",
    directory,
    module: pathToFileURL(file).href,
    export: "Foo",
  };
}

function load(location: PluginLocation): Promise<Record<string, unknown>> {
  const api = import.meta.resolve("@millrace/connect-api");
  return new Promise((resolve, reject) => {
    const thread = new Worker(THREAD, { eval: true, workerData: { location, api } });
    thread.once("error", reject);
    thread.once("message", (message: Record<string, unknown>) => {
      resolve(message);
      void thread.terminate();
    });
  });
}

describe("a plugin", () => {
  test("gets the worker's connect-api, wherever it is installed", async () => {
    const location = outsider(`
      import { SinkConnector } from "@millrace/connect-api";
      export class Foo extends SinkConnector { taskConfigs() { return []; } }
    `);
    expect(await load(location)).toEqual({ sameApi: true, name: "Foo" });
  });

  test("that throws on import is named with its cause", async () => {
    const found = await load(outsider(`throw new TypeError("no such driver");`));
    expect(found["name"]).toBe("ConnectError");
    expect(found["message"]).toMatch(/Package outsider \(.*\) could not be loaded: no such driver/);
    expect(found["cause"]).toBe("no such driver");
  });

  test.each([
    ["export {};", /exports Foo, but it does not/],
    ["export const Foo = 7;", /exports Foo, but it does not/],
    ["export class Foo {}", /said to be a sink, but has no method taskConfigs/],
    ["export const Foo = () => 7;", /said to be a sink/],
  ])("that exports the wrong thing is named: %s", async (code, message) => {
    expect((await load(outsider(code)))["message"]).toMatch(message);
  });
});
