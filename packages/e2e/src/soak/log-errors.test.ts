import { expect, it } from "vitest";
import { logErrors, unhandled } from "./log-errors.ts";

const LOG = `{"level":"info","msg":"fine"}
{"level":"error","msg":"task c-0 failed after 12 ms"}
[2026-11-01 10:00:00,000] ERROR task c-1 failed after 7 ms (some.Class)
{"level":"error","msg":"task c-1 failed after 99 ms"}
[2026-11-01 10:00:00,000] WARN a task that was given up threw an uncaught exception (some.Class)
{"level":"error","ms`;

it("counts kinds of errors, of either worker", () => {
  expect(logErrors(LOG)).toEqual([
    { text: "task c-N failed after N ms", count: 2 },
    { text: "task c-N failed after N ms (some.Class)", count: 1 },
  ]);
});

it("finds what nobody has handled", () => {
  expect(unhandled(LOG)).toEqual([]);
  expect(unhandled(`${LOG}\nUnhandledPromiseRejection: x\nnode:internal\n  throw err;`)).toEqual([
    "UnhandledPromiseRejection: x",
    "  throw err;",
  ]);
  const error = `{"level":"error","msg":"TypeError: x is undefined"}`;
  expect(unhandled(`${LOG}\n${error}`)).toEqual([error]);
});
