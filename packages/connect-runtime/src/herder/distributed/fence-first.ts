import { ConnectError, type Logger } from "@millrace/connect-api";
import { sleep } from "../../task/sleep.ts";
import { mayHeal } from "./leader-contact.ts";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Has the leader fence off earlier tasks, again and again while it cannot be reached or a rebalance is
 * under way, as long as the task is this worker's.
 * @param fence asks the leader once
 * @param signal the task is not to be started any more; then this returns
 * @throws {ConnectError} what asking again would not heal
 */
export async function fenceFirst(
  connector: string,
  fence: (connector: string) => Promise<void>,
  signal: AbortSignal,
  logger: Logger,
): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await fence(connector);
    } catch (error) {
      if (!mayHeal(error))
        throw new ConnectError(
          `Earlier tasks of connector ${connector} could not be fenced off, so exactly-once delivery is not sure: ${(error as Error).message}. Mend that, and restart the task`,
          { cause: error },
        );
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
      if (!signal.aborted)
        logger.warn(
          `Earlier tasks of connector ${connector} are not fenced off yet; asking the leader again in ${pauseMs} ms: ${error.message}`,
        );
      await sleep(pauseMs, signal);
    }
  }
}
