import { constants } from "node:os";
import { Command } from "commander";
import { addFuzz } from "./cli/fuzz.ts";
import { addReplay } from "./cli/replay.ts";

// Servers and what they started end with this process: to end at once is to clean up.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

const program = new Command("pnpm golden").description(
  "Compares the REST API with that of Apache Kafka Connect. Ends with 1 when it differs in a way that is not listed as meant.",
);
addReplay(program);
addFuzz(program);
await program.parseAsync();
