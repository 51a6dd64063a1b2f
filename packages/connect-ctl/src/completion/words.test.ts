import { expect, test } from "vitest";
import { createProgram } from "../program.ts";
import { complete } from "./words.ts";

const terminal = {
  out: () => undefined,
  note: () => undefined,
  input: async () => "",
  env: {},
  signal: new AbortController().signal,
  colours: false,
};
const program = createProgram({ terminal, end: () => undefined }, "1.2.3");

const words = (line: string) =>
  complete(program, line.split(" ")).candidates.map(({ word }) => word);

test("commands come first, without the hidden one", () => {
  expect(words("")).toEqual(expect.arrayContaining(["list", "apply", "offsets"]));
  expect(words("")).not.toContain("__complete");
  expect(words("--url http://h offsets ")).toEqual(["get", "set", "reset"]);
});

test("options of the command and of all commands", () => {
  expect(words("restart a -")).toEqual(expect.arrayContaining(["--only-failed", "--url"]));
  expect(words("restart a -")).not.toContain("--prune");
  expect(words("list -o ")).toEqual(["table", "json", "yaml"]);
  expect(words("completion ")).toEqual(["bash", "zsh", "fish"]);
});

test.each([
  ["pause ", "connectors"],
  ["pause a ", "connectors"],
  ["describe ", "connectors"],
  ["describe a ", undefined],
  ["offsets get ", "connectors"],
  ["plugins config ", "plugins"],
  ["loggers set ", "loggers"],
  ["--context ", "contexts"],
  ["context use ", "contexts"],
  ["apply -f ", "files"],
  ["apply --wait -f x --file ", "files"],
  ["ls ", undefined],
])("behind %j stand %s", (line, dynamic) => {
  expect(complete(program, line.split(" ")).dynamic).toBe(dynamic);
});

test("options on the line say which cluster is asked", () => {
  const { given } = complete(program, ["--url", "http://h", "pause", "--context=a", "--wait", ""]);
  expect(given).toEqual({ url: "http://h", context: "a", wait: true });
});
