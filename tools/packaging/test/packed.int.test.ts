import { readFile } from "node:fs/promises";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, expect, test } from "vitest";
import { contentProblems } from "../src/contents.ts";
import { pack, type Packed } from "../src/pack.ts";
import { tempFolder } from "./temp-folder.ts";

const folder = tempFolder();
let packed: Packed[];
beforeAll(async () => {
  packed = await pack(folder());
  const sizes = packed.map(({ name, size }) => `${name} ${Math.ceil(size / 1000)} kB`);
  console.log(`Tarballs: ${sizes.join(", ")}`);
});

/** Looks at all packages; what is wrong is said of each. */
async function problemsOf(check: (found: Packed) => Promise<string[]> | string[]) {
  const problems: Record<string, string[]> = {};
  for (const found of packed) {
    const said = await check(found);
    if (said.length > 0) problems[found.name] = said;
  }
  return problems;
}

test("all files are there, and none that only developers need", async () => {
  expect(packed.map(({ name }) => name)).toContain("@millrace/connect-runtime");
  expect(await problemsOf(({ contents }) => contentProblems(contents))).toEqual({});
});

test("publint has nothing to say", async () => {
  const problems = await problemsOf(async ({ file }) => {
    const tarball = new Uint8Array(await readFile(file)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    return messages.map((message) => formatMessage(message, pkg) ?? message.code);
  });
  expect(problems).toEqual({});
});

test("types are found, and are those of the code", async () => {
  const problems = await problemsOf(async ({ file }) => {
    const analysis = await checkPackage(
      createPackageFromTarballData(new Uint8Array(await readFile(file))),
    );
    if (analysis.types === false) return ["no types"];
    // The packages are ESM: neither Node 10 nor `require` in TypeScript's older modes count.
    return analysis.problems
      .filter((problem) => !("resolutionKind" in problem && isOld(problem.resolutionKind)))
      .map((problem) => JSON.stringify(problem));
  });
  expect(problems).toEqual({});
});

function isOld(resolution: string): boolean {
  return resolution === "node10" || resolution === "node16-cjs";
}
