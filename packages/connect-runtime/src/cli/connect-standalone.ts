import { Command, CommanderError } from "commander";
import { readPropertiesFile } from "../config/properties.ts";
import { Logging, standardOutput } from "../logging.ts";
import { startStandalone, type Worker } from "../worker.ts";
import { readConnectorFile } from "./connector-file.ts";
import { aborted, stopSignal } from "./stop-signals.ts";

/** Exit codes of the Java worker's command. */
const USAGE = 1;
const START_FAILED = 2;
const CONNECTOR_FAILED = 3;

/** Runs a standalone worker until it is told to stop. */
async function main(): Promise<number> {
  const files = parseArguments();
  if (typeof files === "number") return files;
  const [workerFile, ...connectorFiles] = files;
  const logging = new Logging(standardOutput());
  const logger = logging.logger("cli");
  const stop = stopSignal((signal) =>
    logger.info(`${signal} received: stopping. Once more ends the worker at once.`),
  );

  let worker: Worker | void;
  try {
    const starting = startStandalone(await readPropertiesFile(workerFile), logging);
    worker = await Promise.race([starting, aborted(stop)]);
    // Told to stop before any connector runs: there is nothing to finish.
    if (!worker) return 0;
  } catch (error) {
    logger.error(`The worker could not start: ${(error as Error).message}`);
    return START_FAILED;
  }
  try {
    for (const file of connectorFiles) await createConnector(worker, file);
    worker.ready();
  } catch (error) {
    logger.error(`Stopping, because a connector could not be created: ${(error as Error).message}`);
    await worker[Symbol.asyncDispose]();
    return CONNECTOR_FAILED;
  }
  await aborted(stop);
  await worker[Symbol.asyncDispose]();
  logger.info("The worker has stopped");
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

function parseArguments(): [worker: string, ...connectors: string[]] | number {
  const command = new Command("connect-standalone")
    .description("Runs a Kafka Connect worker on its own.")
    .argument("<worker.properties>", "the worker's configuration")
    .argument("[connector files...]", "connectors to create: JSON or .properties")
    .showHelpAfterError()
    .exitOverride();
  try {
    command.parse();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : USAGE;
  }
  return command.processedArgs.flat() as [string, ...string[]];
}

process.exitCode = await main();
// What a plugin left open must not keep a stopped worker alive.
process.exit();
