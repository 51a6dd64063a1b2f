import { Command } from "commander";
import { startDistributed } from "../worker/distributed.ts";
import { argumentsOf, runWorker } from "./run-worker.ts";

/** Runs a worker of a cluster until it is told to stop. */
async function main(): Promise<number> {
  const given = argumentsOf(
    new Command("connect-distributed")
      .description(
        "Runs a worker of a Kafka Connect cluster. Workers with the same group.id share the cluster's connectors, which are made and steered through the REST API of any of them.",
      )
      .argument("<worker.properties>", "the worker's configuration"),
  );
  if (typeof given === "number") return given;
  return runWorker(given[0]!, startDistributed, async () => 0);
}

process.exitCode = await main();
// What a plugin left open must not keep a stopped worker alive.
process.exit();
