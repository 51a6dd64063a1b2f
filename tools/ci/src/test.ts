import { startVitest } from "vitest/node";
import { installService, SERVICE_NAMES } from "@millrace/services";
import { isGreen, summarise, summaryLine, unsteady } from "./summary.ts";

/** What `npm test` runs: all but the long suites of project e2e. */
const PROJECTS = ["unit", "int"];

// On a new machine this takes longer than any test may.
for (const name of SERVICE_NAMES) await installService(name);

// Servers share two cores with the tests: one that fails runs once more, and is named if it passes.
const vitest = await startVitest("test", process.argv.slice(2), {
  project: PROJECTS,
  watch: false,
  retry: 1,
});
const modules = vitest.state.getTestModules();
const summary = summarise(modules, vitest.state.getUnhandledErrors().length);
await vitest.close(); // stops the shared services, so what they print comes first

if (summary.passed + summary.failed === 0) console.error("No test ran.");
for (const test of unsteady(modules)) console.error(`Passed at the second attempt only: ${test}`);
console.log(summaryLine(summary));
process.exit(isGreen(summary) ? 0 : 1);
