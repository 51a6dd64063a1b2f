import {
  isRetriable,
  type Logger,
  type SourceRecord,
  type SourceTask,
} from "@millrace/connect-api";
import { setImmediate as nextTurn } from "node:timers/promises";
import { isAbort } from "../task/is-abort.ts";
import type { TaskLife } from "../task/life.ts";
import { sleep } from "../task/sleep.ts";

const RETRY_DELAY_MS = 100;

/**
 * Asks the plugin for the next records: none when it has none, was interrupted, or threw
 * a retriable error. Yields to the event loop each time, so that a plugin which always
 * has data at hand cannot starve the sockets.
 */
export async function poll(
  task: SourceTask,
  life: TaskLife,
  logger: Logger,
): Promise<SourceRecord[]> {
  await nextTurn();
  const signal = life.callSignal();
  if (signal.aborted) return [];
  try {
    return (await task.poll(signal)) ?? [];
  } catch (error) {
    if (signal.aborted && isAbort(error)) return [];
    if (!isRetriable(error)) throw error;
    logger.warn("The task's poll failed and is tried again", { error });
    await sleep(RETRY_DELAY_MS, life.stopping);
    return [];
  }
}
