import { expect, test } from "vitest";
import { isGreen, summarise, summaryLine, unsteady, type CountedModule } from "./summary.ts";

type State = "passed" | "failed" | "skipped" | "pending";

const module = (
  states: State[],
  moduleErrors = 0,
  suiteErrors = 0,
  flaky?: number,
): CountedModule => ({
  errors: () => Array.from({ length: moduleErrors }),
  children: {
    allTests: () =>
      states.map((state, index) => ({
        fullName: `test ${index}`,
        result: () => ({ state }),
        diagnostic: () => ({ flaky: index === flaky }),
      })),
    allSuites: () => [{ errors: () => Array.from({ length: suiteErrors }) }],
  },
});

test("tests of all files are counted", () => {
  const summary = summarise([module(["passed", "failed"]), module(["passed", "skipped"])], 0);
  expect(summary).toEqual({ passed: 2, failed: 1, skipped: 1 });
  expect(summaryLine(summary)).toBe("2 passed, 1 failed, 1 skipped");
});

test("the line is short when nothing was skipped", () => {
  expect(summaryLine(summarise([module(["passed"])], 0))).toBe("1 passed, 0 failed");
});

test.each([
  ["a file that cannot be loaded", module([], 1), 0],
  ["a hook that throws", module(["skipped"], 0, 1), 0],
  ["a test that never ended", module(["pending"]), 0],
  ["an error that nobody caught", module([]), 1],
])("%s is a failure", (_, broken, uncaught) => {
  const summary = summarise([module(["passed"]), broken], uncaught);
  expect(summary.failed).toBe(1);
  expect(isGreen(summary)).toBe(false);
});

test("tests that passed when they ran again are named", () => {
  expect(unsteady([module(["passed", "passed"], 0, 0, 1), module(["passed"])])).toEqual(["test 1"]);
});

test("a run without tests is not green", () => {
  expect(isGreen(summarise([], 0))).toBe(false);
  expect(isGreen(summarise([module(["skipped"])], 0))).toBe(false);
  expect(isGreen(summarise([module(["passed"])], 0))).toBe(true);
});
