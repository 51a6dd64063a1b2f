import type { Logger, Props } from "@millrace/connect-api";
import type { Command } from "commander";
import { CommanderError } from "commander";
import { readPropertiesFile } from "../config/properties.ts";
import { Logging, standardOutput } from "../logging.ts";
import type { Worker } from "../worker/foundation.ts";
import { aborted, stopSignal } from "./stop-signals.ts";

/** Exit codes of the Java worker's commands. */
const USAGE = 1;
export const START_FAILED = 2;

/** What a command does with a worker that has started. */
export interface Run {
  /** @returns an exit code other than 0 when the worker is to end at once */
  (worker: Worker, logger: Logger): Promise<number>;
}

/**
 * Starts a worker of a properties file and runs it until the process is told to stop.
 * @returns the exit code
 */
export async function runWorker(
  file: string,
  start: (props: Props, logging: Logging) => Promise<Worker>,
  run: Run,
): Promise<number> {
  const logging = new Logging(standardOutput());
  const logger = logging.logger("cli");
  const stop = stopSignal((signal) =>
    logger.info(`${signal} received: stopping. Once more ends the worker at once.`),
  );
  let worker: Worker | void;
  try {
    const starting = readPropertiesFile(file).then((props) => start(props, logging));
    worker = await Promise.race([starting, aborted(stop)]);
    // Told to stop before it runs anything: there is nothing to finish.
    if (!worker) return 0;
  } catch (error) {
    logger.error(`The worker could not start: ${(error as Error).message}`);
    return START_FAILED;
  }
  const code = await run(worker, logger);
  if (code !== 0) {
    await worker[Symbol.asyncDispose]();
    return code;
  }
  const outcome = await Promise.race([
    aborted(stop).then(() => 0),
    worker.refused.catch((error: Error) => {
      logger.error(`The worker has no place in the cluster: ${error.message}`);
      return START_FAILED;
    }),
  ]);
  await worker[Symbol.asyncDispose]();
  logger.info("The worker has stopped");
  return outcome;
}

/** @returns the command's arguments, or the exit code where it was only asked for help, or wrongly */
export function argumentsOf(command: Command): string[] | number {
  command.showHelpAfterError().exitOverride();
  try {
    command.parse();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : USAGE;
  }
  return command.processedArgs.flat() as string[];
}
