import type { Logger, SinkTask, SourceTask } from "@millrace/connect-api";
import type { TaskConverters } from "../record/converters.ts";
import type { TransformChain } from "../record/transform-chain.ts";

/**
 * Stops and closes the plugins of a task whose loop is over. What they throw is logged
 * only: nothing is left to be done for them, and the reason the loop ended must not be
 * covered up.
 * @param task undefined: it was not begun
 */
export async function endTask(
  task: SourceTask | SinkTask | undefined,
  transforms: TransformChain,
  converters: TaskConverters,
  logger: Logger,
): Promise<void> {
  const { key, value, header } = converters;
  const steps: [what: string, close: () => unknown][] = [
    ["task", () => task?.stop()],
    ["transformations", () => transforms.close()],
    ["key converter", () => key.close?.()],
    ["value converter", () => value.close?.()],
    ["header converter", () => header.close?.()],
  ];
  for (const [what, close] of steps) {
    try {
      await close();
    } catch (error) {
      logger.warn(`The ${what} could not be stopped cleanly`, { error });
    }
  }
}
