import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConfigDef, ConfigValue, Props } from "@millrace/connect-api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ConfigSubject, configChecks } from "../src/conformance/config-checks.ts";
import { packageChecks } from "../src/conformance/manifest.ts";
import { shelfSource } from "./drivers.ts";
import { ShelfSource, SOURCE_CONFIG } from "./fixture/src/index.ts";

const CLASSES = ["fixture.ShelfSource", "fixture.ShelfSink"];
let packageDir = "";

beforeEach(async () => {
  packageDir = await mkdtemp(join(tmpdir(), "millrace-testkit-"));
  await cp(`${import.meta.dirname}/fixture`, packageDir, { recursive: true });
  await symlink(`${import.meta.dirname}/../node_modules`, join(packageDir, "node_modules"));
});

afterEach(async () => {
  await rm(packageDir, { recursive: true });
});

interface Manifest {
  api: unknown;
  plugins: Record<string, unknown>[];
}

interface Package {
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  kafkaConnect?: Manifest;
}

/** Changes the package and runs one of its checks. */
async function check(
  name: string,
  change: (json: Package, source: Record<string, unknown>, manifest: Manifest) => void,
): Promise<void> {
  const file = join(packageDir, "package.json");
  const json = JSON.parse(await readFile(file, "utf8")) as Required<Package>;
  change(json, json.kafkaConnect.plugins[0] ?? {}, json.kafkaConnect);
  await writeFile(file, JSON.stringify(json));
  const found = packageChecks(packageDir, CLASSES).find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no check is named ${name}`);
  await found.run();
}

describe("a package", () => {
  const EXPORTS = "manifest matches exports";

  test.each<[string, RegExp, Parameters<typeof check>[1]]>([
    ["no manifest", /has no "kafkaConnect" manifest/, (json) => delete json.kafkaConnect],
    [
      "another api",
      /"kafkaConnect.api" must be 1/,
      (_json, _source, manifest) => (manifest.api = 2),
    ],
    [
      "no plugins",
      /must list at least one plugin/,
      (_json, _source, manifest) => (manifest.plugins = []),
    ],
    [
      "an unknown kind",
      /plugins\[0\]".kind is one of source, sink/,
      (_json, source) => (source["kind"] = "tap"),
    ],
    [
      "a class that is no name",
      /".class must be a class name/,
      (_json, source) => (source["class"] = "a b"),
    ],
    [
      "an absolute module",
      /".module must be a path that starts with/,
      (_json, source) => (source["module"] = "/x.js"),
    ],
    [
      "an export that is not there",
      /must be a class, but is undefined/,
      (_json, source) => (source["export"] = "Nope"),
    ],
    [
      "an export that is no connector",
      /must be a class that extends SourceConnector/,
      (_json, source) => (source["export"] = "openShelf"),
    ],
    [
      "a sink for a source",
      /must be a class that extends SourceConnector/,
      (_json, source) => (source["export"] = "ShelfSink"),
    ],
  ])("with %s is caught", async (_name, message, change) => {
    await expect(check(EXPORTS, change)).rejects.toThrow(message);
  });

  test("that names a class twice is caught", async () => {
    await expect(
      check("manifest names no class twice", (_json, source) => {
        source["aliases"] = ["fixture.ShelfSink"];
      }),
    ).rejects.toThrow("fixture.ShelfSink");
  });

  test("with a connector that has no driver is caught", async () => {
    await expect(
      check("every connector of the manifest has a driver", (_json, source, manifest) => {
        manifest.plugins.push({ ...source, class: "fixture.Undriven" });
      }),
    ).rejects.toThrow("fixture.Undriven");
  });

  test("that brings its own connect-api is caught", async () => {
    const name = "connect-api is a peer dependency, and only that";
    await expect(check(name, (json) => delete json.peerDependencies)).rejects.toThrow(
      "peerDependencies",
    );
    await expect(
      check(name, (json) => {
        json.peerDependencies = { "@millrace/connect-api": "*" };
        json.dependencies = { "@millrace/connect-api": "*" };
      }),
    ).rejects.toThrow("Expected values to be strictly equal");
  });

  test("without README is caught", async () => {
    await rm(join(packageDir, "README.md"));
    await expect(check("has a README", () => undefined)).rejects.toThrow("README.md");
  });
});

describe("a configuration", () => {
  const DOCS = "every key has doc, type and importance, and a default that is valid";

  function run(name: string, connectorClass: new () => ShelfSource): Promise<void> {
    const subject: ConfigSubject = {
      kind: "source",
      connectorClass: async () => connectorClass,
      withProps: async (use) => use((await shelfSource.open()).props),
    };
    const found = configChecks(subject).find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`no check is named ${name}`);
    return found.run();
  }

  function withConfig(def: ConfigDef): new () => ShelfSource {
    return class extends ShelfSource {
      override config(): ConfigDef {
        return def;
      }
    };
  }

  test("with a key without doc is caught", async () => {
    const broken = { ...SOURCE_CONFIG, shelf: { ...SOURCE_CONFIG.shelf, doc: " " } };
    await expect(run(DOCS, withConfig(broken))).rejects.toThrow("key shelf must have a doc");
  });

  test("with a default that breaks its own rules is caught", async () => {
    const broken = {
      ...SOURCE_CONFIG,
      "batch.size": { ...SOURCE_CONFIG["batch.size"], default: 0 },
    };
    await expect(run(DOCS, withConfig(broken))).rejects.toThrow("the default of key batch.size");
  });

  test("whose validation forgets a key is caught", async () => {
    class Forgetful extends ShelfSource {
      override validate(_props: Props): ConfigValue[] {
        return [];
      }
    }
    await expect(
      run("a missing required key is named in the validation error", Forgetful),
    ).rejects.toThrow("validation must name shelf when it is missing");
    await expect(
      run("a value of the wrong type is named in the validation error", Forgetful),
    ).rejects.toThrow("validation must name batch.size when it is no INT");
  });

  test("that is refused although it is valid is caught", async () => {
    class Picky extends ShelfSource {
      override validate(props: Props): ConfigValue[] {
        const values = super.validate(props) as ConfigValue[];
        values[0]?.errors.push("I do not like it");
        return values;
      }
    }
    await expect(run("a valid configuration has no errors", Picky)).rejects.toThrow(
      "shelf: I do not like it",
    );
  });

  test("that is refused at start, and stop fails after it, is caught", async () => {
    class Brittle extends ShelfSource {
      override stop(): void {
        if (this.props["shelf"] === undefined) throw new Error("nothing to stop");
      }
    }
    await expect(run("stop is allowed after a start that failed", Brittle)).rejects.toThrow(
      "nothing to stop",
    );
  });
});
