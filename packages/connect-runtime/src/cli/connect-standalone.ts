import type { Logger } from "@millrace/connect-api";
import { Command } from "commander";
import type { Worker } from "../worker/foundation.ts";
import { startStandalone } from "../worker/standalone.ts";
import { readConnectorFile } from "./connector-file.ts";
import { argumentsOf, runWorker } from "./run-worker.ts";

/** Exit code of the Java worker's command. */
const CONNECTOR_FAILED = 3;

/** Runs a standalone worker until it is told to stop. */
async function main(): Promise<number> {
  const given = argumentsOf(
    new Command("connect-standalone")
      .description("Runs a Kafka Connect worker on its own.")
      .argument("<worker.properties>", "the worker's configuration")
      .argument("[connector files...]", "connectors to create: JSON or .properties"),
  );
  if (typeof given === "number") return given;
  const [workerFile, ...connectorFiles] = given;
  return runWorker(workerFile!, startStandalone, (worker, logger) =>
    createConnectors(worker, connectorFiles, logger),
  );
}

async function createConnectors(
  worker: Worker,
  files: readonly string[],
  logger: Logger,
): Promise<number> {
  try {
    for (const file of files) await createConnector(worker, file);
  } catch (error) {
    logger.error(`Stopping, because a connector could not be created: ${(error as Error).message}`);
    return CONNECTOR_FAILED;
  }
  worker.ready();
  return 0;
}

/** @throws {Error} naming the connector and its file */
async function createConnector(worker: Worker, file: string): Promise<void> {
  const { name, config, initial } = await readConnectorFile(file);
  let failure: string | undefined;
  try {
    ({ failure } = await worker.herder.createConnector(name, config, initial));
  } catch (error) {
    throw new Error(`${name} of ${file} was refused: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (failure !== undefined) throw new Error(`${name} of ${file} did not start: ${failure}`);
}

process.exitCode = await main();
// What a plugin left open must not keep a stopped worker alive.
process.exit();
