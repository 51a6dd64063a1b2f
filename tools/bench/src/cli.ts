import { constants } from "node:os";
import { Command } from "commander";
import { addMicro } from "./cli/micro.ts";
import { addReport } from "./cli/report.ts";
import { addScenario } from "./cli/scenario.ts";
import { addSideBySide } from "./cli/side-by-side.ts";

// Servers, their data and what they started end with this process (see death-watch of
// @millrace/services): to end at once is to clean up.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

const program = new Command("pnpm bench")
  .description(
    "Measures our worker beside the Java worker: the same work on the same broker, in turn, on workers that were just started. Nothing else should run on the machine meanwhile.",
  )
  .enablePositionalOptions();

addSideBySide(program);
addScenario(program);
addMicro(program);
addReport(program);
program.addHelpText(
  "after",
  `
Examples:
  pnpm bench                                     everything, 3 times: about 20 minutes
  pnpm bench --quick                             a first look
  pnpm bench -b file-source -c string -r 5       one benchmark, more often
  pnpm bench --profile file-sink -c json         where the time goes
  pnpm bench scenario stuck outage               what happens when something goes wrong
  pnpm bench micro json crc32c                   parts of the data path, in ns
The first run downloads the Java worker into the user's cache folder (or MILLRACE_PEER).`,
);

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof Error && error.cause instanceof Error) console.error(error.cause.message);
  process.exitCode = 1;
}
