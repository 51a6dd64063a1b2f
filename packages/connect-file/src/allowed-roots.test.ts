import { mkdir, symlink, writeFile } from "node:fs/promises";
import { FakeConnectorContext, RecordingLogger, startSource } from "@millrace/connect-testkit";
import { afterEach, describe, expect, test, vi } from "vitest";
import { temporaryFolder } from "../test/temp-folder.ts";
import { allowedRoots, checkAllowed } from "./allowed-roots.ts";
import { FileStreamSinkConnector } from "./sink/connector.ts";
import { FileStreamSourceConnector } from "./source/connector.ts";

const path = temporaryFolder();
const REFUSED = "The file lies outside the folders that this worker allows";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("roots are separated by commas; unset is not the same as empty", () => {
  expect(allowedRoots({})).toBeUndefined();
  expect(allowedRoots({ MILLRACE_FILE_ALLOWED_ROOTS: "" })).toEqual([]);
  expect(allowedRoots({ MILLRACE_FILE_ALLOWED_ROOTS: "/a, /b," })).toEqual(["/a", "/b"]);
});

describe("checkAllowed", () => {
  test("allows what lies in a root, existing or not, and the root under another name", async () => {
    await mkdir(path("root"));
    await symlink(path("root"), path("alias"));
    await writeFile(path("root/a.txt"), "");
    const roots = [path("elsewhere"), path("root")];
    await checkAllowed(path("root/a.txt"), roots);
    await checkAllowed(path("root/not/yet.txt"), roots);
    await checkAllowed(path("alias/a.txt"), roots);
    await checkAllowed(path("root/a.txt"), [path("alias")]);
    await checkAllowed(path("root/a.txt"), ["/"]);
    await expect(checkAllowed("/etc/passwd", roots)).rejects.toThrow(REFUSED);
  });

  test("refuses neighbours, dots and links that lead out", async () => {
    await mkdir(path("root"));
    await mkdir(path("root-2"));
    await writeFile(path("secret.txt"), "");
    await symlink(path("secret.txt"), path("root/link"));
    await symlink(path("root-2"), path("root/folder"));
    const roots = [path("root")];
    for (const file of ["root-2/a", "secret.txt", "root/link", "root/folder/new", "root/../x"]) {
      await expect(checkAllowed(path(file), roots)).rejects.toThrow(REFUSED);
    }
    await expect(checkAllowed(path("root/a"), [])).rejects.toThrow(REFUSED);
  });
});

describe.each([
  ["source", FileStreamSourceConnector, { topic: "lines" }],
  ["sink", FileStreamSinkConnector, {}],
])("the %s connector", (_kind, connectorClass, props) => {
  test("refuses a forbidden file when it validates and when it starts", async () => {
    vi.stubEnv("MILLRACE_FILE_ALLOWED_ROOTS", path("root"));
    const connector = new connectorClass();
    connector.initialize(new FakeConnectorContext());
    const forbidden = { ...props, file: path("a.txt") };
    const values = await connector.validate(forbidden);
    expect(values.find(({ name }) => name === "file")?.errors.join()).toContain(REFUSED);
    await expect(connector.start(forbidden)).rejects.toThrow("MILLRACE_FILE_ALLOWED_ROOTS");
  });
});

test("a worker on which everything is allowed says so, once", async () => {
  const logger = new RecordingLogger();
  const start = async () => {
    const connector = new FileStreamSinkConnector();
    connector.initialize(new FakeConnectorContext(undefined, logger));
    await connector.start({ file: path("a.txt") });
  };
  vi.stubEnv("MILLRACE_FILE_ALLOWED_ROOTS", path("."));
  await start();
  expect(logger.messages("warn")).toEqual([]);
  vi.stubEnv("MILLRACE_FILE_ALLOWED_ROOTS", undefined);
  for (let i = 0; i < 3; i++) await start();
  expect(logger.messages("warn")).toEqual([
    expect.stringContaining("MILLRACE_FILE_ALLOWED_ROOTS is not set"),
  ]);
});

test("a link that leads out since the start is refused when it is opened", async () => {
  await mkdir(path("root"));
  await writeFile(path("secret.txt"), "secret\n");
  vi.stubEnv("MILLRACE_FILE_ALLOWED_ROOTS", path("root"));
  await using run = await startSource(FileStreamSourceConnector, {
    file: path("root/in.txt"),
    topic: "lines",
  });
  await symlink(path("secret.txt"), path("root/in.txt"));
  await expect(run.take(1)).rejects.toThrow(REFUSED);
});
