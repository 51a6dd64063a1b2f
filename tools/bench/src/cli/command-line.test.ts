import { expect, test } from "vitest";
import { commandLine } from "./command-line.ts";

test("a command line is told without folders of this machine", () => {
  expect(commandLine(["--reps", "3", "--out", "/somewhere", "--write", "-b", "file-sink"])).toBe(
    "pnpm bench --reps 3 -b file-sink",
  );
  expect(commandLine(["--out=/somewhere", "scenario", "tasks"])).toBe("pnpm bench scenario tasks");
  expect(commandLine([])).toBe("pnpm bench");
});
