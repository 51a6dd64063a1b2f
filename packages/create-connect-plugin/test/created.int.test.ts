import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack, run as runIn } from "@millrace/packaging";
import { afterAll, beforeAll, expect, test } from "vitest";

const PACKAGES = join(import.meta.dirname, "..", "..");
const CREATE = join(PACKAGES, "create-connect-plugin", "bin", "create-connect-plugin.js");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-create-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd = folder): Promise<string> {
  return runIn(command, args, cwd);
}

test("a new package is tested, built and packed, and a worker finds its plugins", async () => {
  await run(process.execPath, [CREATE, "my-thing", "--java-package", "com.acme"]);
  const created = join(folder, "my-thing");
  const manifest = join(created, "package.json");
  const json = JSON.parse(await readFile(manifest, "utf8")) as Record<string, object>;
  // Nothing of this repository is published yet: its packages come from their own tarballs.
  const packed = await pack(folder, ["@millrace/connect-api", "@millrace/connect-testkit"]);
  const tarballs = packed.map(({ name, file }) => [name, `file:${file}`] as const);
  json["devDependencies"] = { ...json["devDependencies"], ...Object.fromEntries(tarballs) };
  await writeFile(manifest, JSON.stringify(json, null, 2));
  await run("npm", ["install", "--no-audit", "--no-fund"], created);
  expect(await run("npm", ["test"], created)).toMatch(/Tests .*passed/);
  const said = await run("npm", ["pack", "--json", "--pack-destination", folder], created);
  const [{ filename, files }] = JSON.parse(said.slice(said.indexOf("["))) as [
    { filename: string; files: { path: string }[] },
  ];
  expect(files.map(({ path }) => path)).toContain("dist/index.js");
  expect(files.filter(({ path }) => /test|\.ts$/.test(path) && !path.endsWith(".d.ts"))).toEqual(
    [],
  );
  const doctor = join(PACKAGES, "connect-runtime", "bin", "connect-plugins.js");
  const plugins = join(folder, "plugins");
  await run("npm", [
    "install",
    "--prefix",
    plugins,
    "--no-audit",
    "--no-fund",
    "--legacy-peer-deps",
    join(folder, filename),
  ]);
  const found = await run(process.execPath, [doctor, "doctor", "--plugin-path", plugins]);
  expect(found).toContain("com.acme.MyThingSourceConnector");
  expect(found).toContain("com.acme.MyThingSinkConnector");
});

test("nothing of the template's names is left", async () => {
  await run(process.execPath, [
    CREATE,
    "shelf",
    "--name",
    "@acme/shelf",
    "--java-package",
    "org.acme",
  ]);
  const entries = await readdir(join(folder, "shelf"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toContain(".gitignore");
  for (const { parentPath, name } of files) {
    const text = await readFile(join(parentPath, name), "utf8");
    expect(`${name}: ${text}`).not.toMatch(/example/i);
  }
});

test("a folder with something in it is left alone", async () => {
  await run("mkdir", ["full"]);
  await writeFile(join(folder, "full", "mine.txt"), "mine");
  await expect(run(process.execPath, [CREATE, "full"])).rejects.toThrow(/is not empty \(mine\.txt/);
  expect(await readdir(join(folder, "full"))).toEqual(["mine.txt"]);
});
