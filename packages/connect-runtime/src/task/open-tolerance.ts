import type { Logger } from "@millrace/connect-api";
import type { DeadLetterConfig } from "../errors/dead-letter-config.ts";
import { Tolerance } from "../errors/tolerance.ts";
import { openDeadLetters } from "../kafka/dead-letter-client.ts";
import type { TaskEnvironment } from "./environment.ts";

export interface OpenTolerance extends AsyncDisposable {
  readonly tolerance: Tolerance;
  readonly hasDeadLetters: boolean;
}

/**
 * What a task does with records that fail, with its dead-letter topic where it has one.
 * @throws {ConnectError} when that topic cannot be looked at or made
 */
export async function openTolerance(
  env: TaskEnvironment,
  config: DeadLetterConfig | undefined,
  logger: Logger,
): Promise<OpenTolerance> {
  const { spec, life, measures } = env;
  const deadLetters = config && (await openDeadLetters(config, env, logger));
  const tolerance = new Tolerance(spec.connectorProps, {
    logger,
    signal: life.stopping,
    counters: measures,
    measures,
    task: `${spec.connector}-${spec.task}`,
    deadLetters: deadLetters?.queue,
  });
  return {
    tolerance,
    hasDeadLetters: deadLetters !== undefined,
    [Symbol.asyncDispose]: async () => deadLetters?.[Symbol.asyncDispose](),
  };
}
