import { expect, test } from "vitest";
import { stepsOf } from "./steps.ts";

test("fences are what a reader does", () => {
  const markdown = [
    "```ts src/a.ts\nexport {};\n```",
    "```sh\nls\n```\n\n```json output\na\nb\n```",
    "```sh retry\ntrue\n```",
    "```sh background\nsleep 1\n```",
    "```\nonly shown\n```",
  ].join("\n\nText.\n\n");
  expect(stepsOf(markdown)).toEqual([
    { kind: "write", path: "src/a.ts", text: "export {};\n" },
    { kind: "run", text: "ls\n", mode: "once", output: ["a", "b"] },
    { kind: "run", text: "true\n", mode: "retry", output: [] },
    { kind: "run", text: "sleep 1\n", mode: "background", output: [] },
  ]);
});

test("output must be of a command", () => {
  expect(() => stepsOf("```json output\na\n```")).toThrow(/no command/);
});
