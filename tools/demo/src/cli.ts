import { Command, Option } from "commander";
import { type DemoOptions, PIPELINES, runDemo } from "./demo.ts";

const program = new Command("npm start --")
  .description(
    "Streams the rows of a PostgreSQL table through Kafka into Elasticsearch, on real servers, and proves that they arrived.",
  )
  .addOption(
    new Option(
      "--pipeline <name>",
      "how rows are found: query asks for new ones; cdc reads every insert, update and delete from the server's log",
    )
      .choices(PIPELINES)
      .default("query"),
  )
  .option("--once", "end after the proof, with exit code 0 when it holds", false)
  .addHelpText(
    "after",
    `
Servers that run already are used when their addresses are given:
  KAFKA_BOOTSTRAP_SERVERS=host:port POSTGRES_URL=postgres://user:password@host:port/db ELASTICSEARCH_URL=http://host:port npm start`,
  );

program.parse();
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // The first asks the demo to end in order; the second ends it as it stands.
  process.once(signal, () => {
    console.log("\nStopping … (once more ends it at once)");
    interrupted.abort();
  });
}
try {
  await runDemo({ ...program.opts<Omit<DemoOptions, "signal">>(), signal: interrupted.signal });
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
