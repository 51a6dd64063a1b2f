import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SCRIPTS } from "./scripts.ts";

/** A command of the name that prints what is asked for, and how it was called. */
const FAKE = `#!/bin/sh
shift 2
echo "paths $*" >&2
case "$1" in
  file) echo ":files" ;;
  *) printf 'pause\\tlets tasks rest\\npause-it\\nre sume\\n' ;;
esac
`;

function completions(line: string[], folder: string): string[] {
  const script = `${SCRIPTS.bash}
COMP_WORDS=(connect-ctl ${line.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${line.length}
_connect_ctl
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  return execFileSync("bash", ["-c", script], { env, cwd: folder }).toString().trim().split("\n");
}

test("bash offers what the command prints, as far as it fits", () => {
  const folder = mkdtempSync(join(tmpdir(), "ctl-bash-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "connect-ctl"), FAKE, { mode: 0o755 });
  writeFileSync(join(folder, "a file.json"), "");
  expect(completions(["pa"], folder)).toEqual(["pause", "pause-it"]);
  expect(completions([""], folder)).toEqual(["pause", "pause-it", String.raw`re\ sume`]);
  expect(completions(["file", "a "], folder)).toEqual(["a file.json"]);
});
