import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sharedKafka } from "@millrace/services";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Witness } from "./support/witness.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
const MISSING_DRIVER = "no driver for this platform";

let folder: string;
let witness: Witness;

/** The manifest of a package with one sink. */
function manifest(name: string, plugin: object = {}, api: unknown = 1): string {
  const sink = {
    kind: "sink",
    class: `org.acme.${name}Sink`,
    module: "./index.js",
    export: "Sink",
  };
  return JSON.stringify({
    name,
    version: "1.0.0",
    type: "module",
    kafkaConnect: { api, plugins: [{ ...sink, ...plugin }] },
  });
}

/** Packages that cannot be used at all: each is named in the log, with the reason. */
const SKIPPED: readonly (readonly [folder: string, packageJson: string, reason: RegExp])[] = [
  ["not-json", "{", /package\.json is broken/],
  ["no-object", `{"name": "a", "version": "1", "kafkaConnect": 7}`, /must be an object/],
  ["newer", manifest("newer", {}, 99), /format 99.*reads 1: update the worker/],
  ["no-api", manifest("no-api", {}, "one"), /"kafkaConnect\.api" must be 1/],
  ["no-kind", manifest("no-kind", { kind: "faucet" }), /kind" is "faucet", must be one of: source/],
  ["no-module", manifest("no-module", { module: "./gone.js" }), /does not exist.*built\?/],
  ["outside", manifest("outside", { module: "../newer/index.js" }), /leads out of the package/],
];

/** Packages whose fault shows on use: each is refused then, with 400. */
const REFUSED: readonly (readonly [name: string, code: string, reason: RegExp])[] = [
  ["throwing", `throw new Error("${MISSING_DRIVER}");`, new RegExp(MISSING_DRIVER)],
  ["unfinished", "export class Sink {", /could not be loaded: /],
  ["lonely", `import "not-installed"; export class Sink {}`, /not-installed/],
  ["empty", "export {};", /exports Sink, but it does not/],
  ["wrong", "export class Sink {}", /said to be a sink, but has no method taskConfigs/],
  [
    "collapsing",
    `export class Sink { constructor() { throw new Error("no licence"); } taskConfigs() {} }`,
    /no licence/,
  ],
];

/** A package that is made for another major of connect-api, which is known before it is loaded. */
const OTHER_API = JSON.stringify({
  ...(JSON.parse(manifest("other-api")) as object),
  peerDependencies: { "@millrace/connect-api": "^99.0.0" },
});
const OTHER_API_SAID =
  /made for @millrace\/connect-api \^99\.0\.0, this worker has \d+\.\d+\.\d+: install a version/;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plugins-"));
  for (const [name, packageJson] of SKIPPED) await addPackage(name, packageJson, "");
  for (const [name, code] of REFUSED) await addPackage(name, manifest(name), code);
  await addPackage("other-api", OTHER_API, `throw new Error("not to be loaded");`);
  const claimed = { class: "org.acme.ClaimedSink" };
  await addPackage("claimant", manifest("claimant", claimed), "");
  await addPackage("usurper", manifest("usurper", claimed), "");
  await mkdir(join(folder, "java"));
  await writeFile(join(folder, "java/connect-oracle-1.0.jar"), "PK");
  await writeFile(join(folder, "readme.txt"), "A file beside the folders.");
  witness = await Witness.start({
    bootstrapServers: await sharedKafka(),
    properties: { "plugin.path": pluginPath() },
  });
});
afterEach(() => witness.expectUndisturbed());
afterAll(async () => {
  await witness?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function addPackage(name: string, packageJson: string, code: string): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, "package.json"), packageJson);
  await writeFile(join(folder, name, "index.js"), code);
}

const pluginPath = () =>
  [
    join(REPOSITORY, "packages"),
    folder,
    join(folder, "nowhere"),
    join(folder, "readme.txt"),
  ].join();

/** What the worker's log says of a folder. */
async function saidOf(path: string): Promise<string | undefined> {
  const lines = (await witness.log()).trim().split("\n");
  const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  return messages.find((message) => message.startsWith(`No plugins from ${path}:`));
}

describe("at start the log names, with the reason,", () => {
  it.each(SKIPPED)("a package that is broken: %s", async (name, _, reason) => {
    expect(await saidOf(join(folder, name))).toMatch(reason);
  });

  it("a package for another major of connect-api", async () => {
    expect(await saidOf(join(folder, "other-api"))).toMatch(OTHER_API_SAID);
  });

  it("a class that two packages claim, with both", async () => {
    expect(await saidOf(join(folder, "usurper"))).toMatch(
      /ClaimedSink is also in package claimant .*until one of the two is removed/,
    );
  });

  it("a folder of Java plugins, and what to install instead", async () => {
    const said = await saidOf(join(folder, "java"));
    expect(said).toMatch(/connect-oracle-1\.0\.jar.*install the npm package/);
  });

  it.each(["nowhere", "readme.txt"])(
    "an entry of plugin.path that is no folder: %s",
    async (name) => {
      expect(await saidOf(join(folder, name))).toMatch(/plugin\.path names it/);
    },
  );

  it("and offers everything else", async () => {
    type Plugins = { class: string }[];
    const { body } = await witness.request<Plugins>("GET", "/connector-plugins");
    const classes = body.map((plugin) => plugin.class);
    expect(classes).toContain("org.apache.kafka.connect.file.FileStreamSourceConnector");
    for (const name of [...SKIPPED.map(([skipped]) => skipped), "other-api", "Claimed"]) {
      expect(classes).not.toContain(`org.acme.${name}Sink`);
    }
  });
});

describe("on use a package that is broken is refused, by name:", () => {
  it.each(REFUSED)("%s", async (name, _, reason) => {
    const config = { "connector.class": `org.acme.${name}Sink`, topics: "t" };
    const answer = await witness.create(name, config);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toMatch(reason);
    expect((await witness.request("GET", `/connectors/${name}`)).status).toBe(404);
  });

  it("one that calls process.exit, and nothing ends", async () => {
    await addPackage("exiting", manifest("exiting"), "process.exit(3);");
    await using own = await Witness.start({
      bootstrapServers: await sharedKafka(),
      properties: { "plugin.path": pluginPath() },
    });
    const config = { "connector.class": "org.acme.exitingSink", topics: "t" };
    const answer = await own.create("exiting", config);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toMatch(/exiting.*process\.exit\(3\)/);
    await own.expectUndisturbed();
    await rm(join(folder, "exiting"), { recursive: true });
  });

  it("one for another major of connect-api, before its code is run", async () => {
    const config = { "connector.class": "org.acme.other-apiSink", topics: "t" };
    const { status, body } = await witness.create("other-api", config);
    expect(status).toBe(400);
    expect(body.message).toMatch(OTHER_API_SAID);
    expect(body.message).toMatch(/Package other-api 1\.0\.0 .*other-api\)/);
  });

  it("a class that two packages claim", async () => {
    const config = { "connector.class": "org.acme.ClaimedSink", topics: "t" };
    const { status, body } = await witness.create("claimed", config);
    expect(status).toBe(400);
    expect(body.message).toMatch(/ClaimedSink.*claimant.*usurper.*remove one/);
  });

  it("newer", async () => {
    const answer = await witness.create("newer", { "connector.class": "org.acme.newerSink" });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toMatch(/newerSink, available connectors are: /);
  });
});

describe("connect-plugins", () => {
  const bin = join(REPOSITORY, "node_modules/.bin/connect-plugins");

  async function run(...args: string[]): Promise<{ code: number; output: string }> {
    try {
      const { stdout } = await promisify(execFile)(bin, args);
      return { code: 0, output: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    }
  }

  it("doctor names them all, what is sound too, and exits with 1", async () => {
    const { code, output } = await run("doctor", "--plugin-path", pluginPath());
    const lines = output.split("\n");
    const about = (text: string) => lines.filter((line) => line.includes(text)).join("\n");
    expect(code).toBe(1);
    for (const [name, , reason] of SKIPPED) {
      expect(about(`✗ ${join(folder, name)}: `)).toMatch(reason);
    }
    for (const [name, , reason] of REFUSED) {
      expect(about(`✗ org.acme.${name}Sink 1.0.0 (${name}): `)).toMatch(reason);
    }
    expect(about("java")).toContain("connect-oracle-1.0.jar");
    expect(output).toMatch(/✓ org\.apache\.kafka\.connect\.file\.FileStreamSinkConnector/);
    expect(about(`✗ ${join(folder, "other-api")}: `)).toMatch(OTHER_API_SAID);
    // Found with the package that came second, and where either is looked for.
    expect(about("✗ org.acme.ClaimedSink")).toMatch(/claimant[^]*usurper/);
    // The Java plugins and two entries of the path are not packages.
    expect(output).toContain(`${SKIPPED.length + REFUSED.length + 7} problems found.`);
  });

  it("list shows what a worker would offer, and what it would skip", async () => {
    const { code, output } = await run("list", "--plugin-path", pluginPath());
    expect(code).toBe(0);
    expect(output).toMatch(/^source +org\.apache\.kafka\.connect\.file\.FileStreamSource/m);
    for (const [name] of SKIPPED) expect(output).toContain(`skipped ${join(folder, name)}: `);
  });

  it.each(["list", "doctor"])(
    "%s of a file that is not there says so in a line",
    async (command) => {
      const { code, output } = await run(command, "--worker-config", join(folder, "nope"));
      expect(code).toBe(1);
      expect(output).toMatch(/^Cannot read the properties file .*nope: ENOENT.*\n$/);
    },
  );

  it("list may be read in part", async () => {
    const command = `"$1" list --plugin-path "$2" | head -1`;
    const args = ["-o", "pipefail", "-c", command, "bash", bin, pluginPath()];
    const { stdout, stderr } = await promisify(execFile)("bash", args);
    expect(stdout).toMatch(/^converter .*\n$/);
    expect(stderr).toBe("");
  });
});
