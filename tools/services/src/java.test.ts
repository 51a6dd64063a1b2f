import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { locateJava, requireModules } from "./java.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-java-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

const settings = (version: number) => `cat >&2 <<'END'
Property settings:
    java.home = /opt/java
    java.specification.version = ${version}
    java.version = ${version}.0.1
    java.vm.name = OpenJDK 64-Bit Server VM
    java.vm.version = ${version}.0.1+1
END`;

test("without Java and python3 the error says what to install", async () => {
  await expect(locateJava({ PATH: folder })).rejects.toThrow(
    /No Java runtime found.*Install Java 17.*python3/,
  );
});

test("a Java that is too old is named", async () => {
  program("java", settings(11));
  await expect(locateJava({ PATH: folder })).rejects.toThrow(
    `${join(folder, "java")} is Java 11.0.1, which is too old`,
  );
});

test("a Java on the PATH is used, and its build has a fingerprint", async () => {
  program("java", settings(21));
  const java = await locateJava({ PATH: `/nowhere:${folder}` });
  expect(java).toMatchObject({ command: join(folder, "java"), home: "/opt/java" });
  program("java", settings(22));
  expect((await locateJava({ PATH: folder })).fingerprint).not.toBe(java.fingerprint);
});

test("a runtime that lacks modules is named with them", async () => {
  program("java", "printf 'java.base@21.0.1\\njava.sql@21.0.1\\n'");
  const java = { command: join(folder, "java"), home: folder, fingerprint: "" };
  await requireModules(java, ["java.base"], "Thing");
  await expect(requireModules(java, ["java.sql", "jdk.jdi"], "Thing")).rejects.toThrow(
    /^Thing needs the Java modules jdk.jdi, which .* lacks.*Install a complete Java 17/,
  );
});
