import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DirectoryConfigProvider } from "./directory.ts";
import { EnvVarConfigProvider } from "./env.ts";
import { FileConfigProvider } from "./file.ts";

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "providers-"));
  await mkdir(join(home, "in/sub"), { recursive: true });
  await mkdir(join(home, "inside"));
  await writeFile(join(home, "in/a.properties"), "user = fred\npass = pässword\nempty =\n");
  await writeFile(join(home, "in/sub/b.properties"), "k=b");
  await writeFile(join(home, "out.properties"), "k=out");
  await writeFile(join(home, "inside/c.properties"), "k=c");
  await symlink(join(home, "out.properties"), join(home, "in/link.properties"));
  await symlink(home, join(home, "in/up"));
  await symlink("sub/b.properties", join(home, "in/within.properties"));
  await symlink(join(home, "in"), join(home, "root"));
});

afterEach(() => rm(home, { recursive: true }));

function configured<P extends FileConfigProvider | DirectoryConfigProvider>(
  provider: P,
  allowed?: string,
): P {
  provider.configure(allowed === undefined ? {} : { "allowed.paths": allowed });
  return provider;
}

describe("the file provider", () => {
  const get = (path: string, keys: string[] | undefined, allowed?: string) =>
    configured(new FileConfigProvider(), allowed).get(path, keys);

  test("gives the keys that are there, as UTF-8", async () => {
    const path = join(home, "in/a.properties");
    expect(await get(path, ["pass", "nope", "__proto__"])).toEqual({ data: { pass: "pässword" } });
    expect((await get(path, undefined)).data).toEqual({
      user: "fred",
      pass: "pässword",
      empty: "",
    });
  });

  test("gives nothing without a path", async () => {
    expect(await get("", ["k"])).toEqual({ data: {} });
  });

  test("refuses a file that is not there, in Java's words", async () => {
    await expect(get("/no/such", ["k"])).rejects.toMatchObject({
      message: "Could not read properties from file /no/such",
      javaName: "org.apache.kafka.common.config.ConfigException",
    });
  });

  test.each<[string, Buffer]>([
    ["a broken escape", Buffer.from("k=hunter2\\u12")],
    ["other bytes than UTF-8", Buffer.from([0x6b, 0x3d, 0xff, 0x68])],
  ])("does not quote a file with %s", async (_, bytes) => {
    const path = join(home, "broken.properties");
    await writeFile(path, bytes);
    const error: Error = await get(path, ["k"]).then(
      () => new Error("was read"),
      (thrown: Error) => thrown,
    );
    expect(error.message).toBe(
      `Could not read properties from file ${path}: it is not a properties file in UTF-8`,
    );
    expect(error.cause).toBeUndefined();
  });

  test.each([
    ["in/a.properties", "in", "fred"],
    ["in/./sub/../a.properties", "in", "fred"],
    ["in/a.properties", "in/", "fred"],
    ["in/a.properties", "in/a.properties", "fred"],
    ["in/a.properties", "inside,HOME/in", "fred"],
    ["in/within.properties", "in", "b"],
    ["root/a.properties", "root", "fred"],
    ["out.properties", "in", undefined],
    ["inside/c.properties", "in", undefined],
    ["in/../out.properties", "in", undefined],
    ["in/link.properties", "in", undefined],
    ["in/up/out.properties", "in", undefined],
    ["nope.properties", "in", undefined],
  ])("reads %s with allowed.paths=%s: %s", async (path, allowed, value) => {
    const roots = allowed.split(",").map((root) => join(home, root.replace("HOME/", "")));
    const { data } = await get(join(home, path), ["user", "k"], roots.join(","));
    expect(Object.values(data)).toEqual(value === undefined ? [] : [value]);
  });

  test("refuses allowed.paths that are relative or not there", () => {
    for (const [path, why] of [
      ["in", "is not absolute"],
      [join(home, "nope"), "does not exist"],
    ]) {
      expect(() => configured(new FileConfigProvider(), path)).toThrow(
        `Invalid value ${path} for configuration allowed.paths: Path ${path} ${why}`,
      );
    }
  });
});

describe("the directory provider", () => {
  const get = (path: string, keys: string[] | undefined, allowed?: string) =>
    configured(new DirectoryConfigProvider(), allowed).get(path, keys);

  test("gives the content of files as it is", async () => {
    await writeFile(join(home, "inside/token"), "s3cret\n");
    expect(await get(join(home, "inside"), ["token", "nope"])).toEqual({
      data: { token: "s3cret\n" },
    });
    expect(Object.keys((await get(join(home, "inside"), undefined)).data).toSorted()).toEqual([
      "c.properties",
      "token",
    ]);
  });

  test("takes no key for a path", async () => {
    const keys = ["../out.properties", "sub", "sub/b.properties", "up/out.properties", "..", "."];
    expect(await get(join(home, "in"), keys)).toEqual({ data: {} });
  });

  test("stays inside of allowed.paths", async () => {
    const folder = join(home, "in");
    expect(Object.keys((await get(folder, undefined, folder)).data).toSorted()).toEqual([
      "a.properties",
      "within.properties",
    ]);
    expect(await get(join(home, "inside"), undefined, folder)).toEqual({ data: {} });
    expect(await get(join(folder, "up"), undefined, folder)).toEqual({ data: {} });
    const root = join(home, "root");
    expect((await get(root, ["a.properties"], root)).data).toHaveProperty(["a.properties"]);
  });

  test("gives nothing for what is no folder", async () => {
    expect(await get(join(home, "nope"), ["k"])).toEqual({ data: {} });
    expect(await get("", ["k"])).toEqual({ data: {} });
  });
});

describe("the environment provider", () => {
  const environment = { DB_PASS: "p", DB_USER: "u", XDB_PASS: "x" };
  const provider = (pattern?: string) => {
    const made = new EnvVarConfigProvider(environment);
    made.configure(pattern === undefined ? {} : { "allowlist.pattern": pattern });
    return made;
  };

  test("gives variables whose whole name matches", () => {
    const keys = ["DB_PASS", "XDB_PASS", "NOPE", "constructor"];
    expect(provider().get("", keys).data).toEqual({ DB_PASS: "p", XDB_PASS: "x" });
    expect(provider("DB_.*").get("", keys).data).toEqual({ DB_PASS: "p" });
    expect(provider("DB").get("", keys).data).toEqual({});
    expect(provider("(?i)db_pass|nope").get("").data).toEqual({ DB_PASS: "p" });
  });

  test("refuses a path, and a pattern that is none", () => {
    expect(() => provider().get("/p", ["DB_PASS"])).toThrow(
      "Path is not supported for EnvVarConfigProvider, invalid value '/p'",
    );
    expect(() => provider("(")).toThrow(/^Invalid value \( for configuration allowlist.pattern: /);
  });
});
