import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { scanPlugins } from "./scan.ts";

const PLUGIN = {
  kind: "sink",
  class: "org.acme.FooSinkConnector",
  module: "./index.js",
  export: "Foo",
};

/** Makes files in a folder of its own: objects become JSON. */
function folder(files: Readonly<Record<string, unknown>>): string {
  const root = mkdtempSync(join(tmpdir(), "plugins-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  }
  return root;
}

function packageOf(
  path: string,
  manifest: unknown = { api: 1, plugins: [PLUGIN] },
  name = "foo",
): Record<string, unknown> {
  return {
    [join(path, "package.json")]: { name, version: "1.2.3", kafkaConnect: manifest },
    [join(path, "index.js")]: "throw new Error('this code is not to be run')",
  };
}

/** What is found, without the worker's own dependencies. */
async function scan(...pluginPath: string[]) {
  const own = new Set((await scanPlugins([])).plugins.map((p) => p.package));
  const { plugins, problems } = await scanPlugins(pluginPath);
  return { plugins: plugins.filter((p) => !own.has(p.package)), problems };
}

test("the worker brings converters and transforms, each as a package of its own", async () => {
  const { plugins, problems } = await scanPlugins([]);
  expect(problems).toEqual([]);
  expect(plugins.map(({ kind, class: name }) => `${kind} ${name}`)).toEqual(
    expect.arrayContaining([
      "converter org.apache.kafka.connect.json.JsonConverter",
      "transformation org.apache.kafka.connect.transforms.Cast$Value",
      "predicate org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
    ]),
  );
});

describe("plugin.path", () => {
  test.each([
    ["a package itself", "", ""],
    ["a child", "foo", ""],
    ["a scoped child", "@acme/foo", ""],
    ["installed into the folder", "node_modules/foo", ""],
    ["installed into the folder with a scope", "node_modules/@acme/foo", ""],
    ["installed into a child", "project/node_modules/@acme/foo", ""],
  ])("finds a plugin that is %s", async (_, path) => {
    const root = folder(packageOf(path));
    const { plugins, problems } = await scan(root);
    expect(problems).toEqual([]);
    expect(plugins).toHaveLength(1);
    expect(plugins[0]).toMatchObject({
      kind: "sink",
      class: "org.acme.FooSinkConnector",
      aliases: [],
      package: "foo",
      version: "1.2.3",
      export: "Foo",
    });
    expect(plugins[0]!.module).toMatch(/^file:.*index\.js$/);
  });

  test("a plugin that stands for a version of a Java one says so", async () => {
    const manifest = { api: 1, plugins: [{ ...PLUGIN, version: "4.3.1" }] };
    const { plugins } = await scan(folder(packageOf("foo", manifest)));
    expect(plugins).toMatchObject([{ version: "4.3.1", packageVersion: "1.2.3" }]);
  });

  test("takes a package met by several ways once", async () => {
    const root = folder(packageOf("a/foo"));
    symlinkSync(join(root, "a/foo"), join(root, "link"), "dir");
    const { plugins } = await scan(root, join(root, "a"));
    expect(plugins).toHaveLength(1);
  });

  test("packages without plugins are passed over in silence", async () => {
    const root = folder({ "lodash/package.json": { name: "lodash", version: "4.0.0" } });
    expect(await scan(root)).toEqual({ plugins: [], problems: [] });
  });

  test("a folder that is not there is reported", async () => {
    const { problems } = await scan("/nowhere/plugins");
    expect(problems).toEqual([
      { path: "/nowhere/plugins", reason: expect.stringContaining("plugin.path") },
    ]);
  });

  test("Java plugins are reported once for each folder, with what to do", async () => {
    const root = folder({ "debezium/a.jar": "", "debezium/b.jar": "", "x.jar": "" });
    const { plugins, problems } = await scan(root);
    expect(plugins).toEqual([]);
    expect(problems.map(({ path }) => path)).toEqual([root, join(root, "debezium")]);
    expect(problems[0]!.reason).toMatch(/x\.jar.*npm package/);
  });

  test("a class that two packages claim is reported with both", async () => {
    const root = folder({
      ...packageOf("one", undefined, "one"),
      ...packageOf("two", undefined, "two"),
    });
    const { problems } = await scan(root);
    expect(problems).toHaveLength(1);
    expect(`${problems[0]!.path} ${problems[0]!.reason}`).toMatch(
      /two.*FooSinkConnector.*package one/,
    );
  });
});

describe("a broken manifest is reported, and its neighbour found:", () => {
  const plugins = (plugin: object) => ({ api: 1, plugins: [{ ...PLUGIN, ...plugin }] });

  test.each([
    ["of the wrong type", "yes", /must be an object/],
    ["without a format", { plugins: [PLUGIN] }, /"kafkaConnect.api" must be 1/],
    ["of a newer format", { api: 2, plugins: [PLUGIN] }, /format 2.*update the worker/],
    ["without plugins", { api: 1, plugins: [] }, /at least one plugin/],
    ["with an unknown kind", plugins({ kind: "sonk" }), /"sonk".*must be one of: source, sink/],
    ["without a class", plugins({ class: "" }), /"class" of kafkaConnect\.plugins\[0\]/],
    ["with aliases that are none", plugins({ aliases: "Foo" }), /aliases/],
    ["leading out of the package", plugins({ module: "../../x.js" }), /leads out of the package/],
    ["to a missing module", plugins({ module: "./dist/x.js" }), /does not exist.*built/],
    ["with a plugin that is none", { api: 1, plugins: [null] }, /must be an object/],
  ])("%s", async (_, manifest, reason) => {
    const root = folder({
      ...packageOf("broken", manifest, "broken"),
      ...packageOf("good", undefined, "good"),
    });
    const found = await scan(root);
    expect(found.plugins.map((p) => p.package)).toEqual(["good"]);
    expect(found.problems).toHaveLength(1);
    expect(found.problems[0]!.path).toBe(join(root, "broken"));
    expect(found.problems[0]!.reason).toMatch(reason);
  });

  test("package.json that is not JSON", async () => {
    const root = folder({ "broken/package.json": "{", ...packageOf("good", undefined, "good") });
    const found = await scan(root);
    expect(found.plugins).toHaveLength(1);
    expect(found.problems[0]!.reason).toMatch(/package\.json is broken/);
  });
});
