import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { ctl, type CtlOptions } from "./support/ctl.ts";
import { restServer } from "./support/rest-server.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ctl-contexts-"));
  onTestFinished(() => rm(folder, { recursive: true }));
});

function run(command: string, options: CtlOptions = {}) {
  return ctl(command.split(" "), {
    ...options,
    env: { XDG_CONFIG_HOME: folder, ...options.env },
  });
}

/** A worker that answers with the name it was given, and with whom it took the asker for. */
function worker(name: string) {
  return restServer(({ headers }) => {
    const [, basic = ""] = headers.authorization?.split(" ") ?? [];
    return { body: JSON.stringify([`${name} ${Buffer.from(basic, "base64").toString()}`.trim()]) };
  });
}

async function asked(command: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const { out, err, code } = await run(`plugins -o json ${command}`.trim(), { env });
  return code === 0 ? (JSON.parse(out) as string[])[0] : err;
}

test("clusters have names, and one of them is the current one", async () => {
  const [a, b] = [await worker("a"), await worker("b")];
  await run(`context set a --url ${a.url}`);
  await run(`context set b --url ${b.url} --user me --password-stdin`, { input: "hunter2\n" });
  expect(await asked("")).toBe("a");
  expect(await asked("--context b")).toBe("b me:hunter2");
  expect((await run("context use b")).out).toBe("The context is b\n");
  expect(await asked("")).toBe("b me:hunter2");

  const listed = await run("context");
  expect(listed.out).toContain(`*  b     ${b.url}  me`);
  expect(listed.out + (await run("context list -o yaml")).out).not.toContain("hunter");
  const file = join(folder, "connect-ctl", "contexts.yaml");
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  expect((await run("context delete b")).code).toBe(0);
  expect(await readFile(file, "utf8")).not.toContain("hunter");
  expect(await asked("--context b")).toContain(`There is no context "b" in ${file}. There are: a`);
  expect((await run("context use b")).code).toBe(4);
});

test("a context is changed without losing the rest of it", async () => {
  const { url } = await worker("a");
  await run(`context set a --url ${url} --user me --password-stdin`, { input: "hunter2" });
  await run("context set a --user you");
  expect(await asked("")).toBe("a you:hunter2");
});

describe("which cluster is meant", () => {
  test("an option counts more than a variable, and that more than a context", async () => {
    const [a, b, c] = [await worker("a"), await worker("b"), await worker("c")];
    await run(`context set a --url ${a.url} --user me --password-stdin`, { input: "hunter2" });
    const env = { CONNECT_URL: b.url };
    expect(await asked("", env)).toBe("b");
    expect(await asked(`--url ${c.url}`, env)).toBe("c");
    expect(await asked("--context a", env)).toBe("a me:hunter2");
    expect(await asked("", { CONNECT_PASSWORD: "hunter3" })).toBe("a me:hunter3");
  });

  test("a context's password goes nowhere else, and to nobody else", async () => {
    const [a, b] = [await worker("a"), await worker("b")];
    await run(`context set a --url ${a.url} --user me --password-stdin`, { input: "hunter2" });
    expect(await asked(`--url ${b.url} --user me`)).toContain(
      "There is no password for the user me",
    );
    expect(await asked("--context a --user you")).toContain("no password for the user you");
  });

  test.each([
    ["--url localhost:x", "localhost:x is not an address of a worker"],
    ["--url ftp://h", "ftp://h is not an address of a worker"],
    ["--url http://h/?a=b", "must end with the path"],
    ["--url ,", "give at least one address"],
    ["--url http://h --context a", "either --url or --context"],
    ["--url https://h --cert x", "--cert and --key belong together"],
    ["--url https://h --ca /nonexistent", "--ca: cannot read /nonexistent"],
  ])("%s is refused", async (options, message) => {
    const { code, err } = await run(`list ${options}`);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  test("no password stands in a URL", async () => {
    for (const url of ["http://me:hunter2@h", "http://me:hunter2@h:x"]) {
      const { code, err } = await run(`list --url ${url}`);
      expect(code).toBe(2);
      expect(err).not.toContain("hunter2");
    }
  });
});

test.each([
  ["contexts: {a: {url: 3}}", `"url" of context "a"`],
  ["contexts: {a: {url: http://h, pasword: hunter2}}", `unknown key "pasword"`],
  ["contexts: {a: {url: http://h, password: [hunter2]}}", `"password" of context "a"`],
  ["contexts: {a: {password: hunter2", "is not a file of contexts"],
  ["- hunter2", "it must be a map"],
])("a broken file is named, without its secrets: %s", async (text, message) => {
  await run("context set a --url http://h");
  await writeFile(join(folder, "connect-ctl", "contexts.yaml"), text);
  const { code, err } = await run("list");
  expect(code).toBe(2);
  expect(err).toContain("contexts.yaml");
  expect(err).toContain(message);
  expect(err).not.toContain("hunter2");
});
