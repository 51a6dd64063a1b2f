import { setTimeout as delay } from "node:timers/promises";
import { type ConnectError, type Logger, type Props } from "@millrace/connect-api";
import type { TaskConfigs } from "../threads/units.ts";
import type { ConnectorLife } from "./connector-life.ts";
import { withLimit } from "./limit.ts";
import { TooManyTasksError } from "./too-many-tasks.ts";

/** How long a connector may take to split its work before it is asked again. */
const TASK_CONFIGS_LIMIT_MS = 60_000;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 60_000;

export interface TaskConfigRequestsOptions {
  readonly connector: string;
  /** Takes the answer. What it throws counts as a failure of the question, which is asked again. */
  readonly apply: (life: ConnectorLife, configs: readonly Props[]) => Promise<void>;
  /** The connector has made more tasks than it may; asking again would not help. */
  readonly onTooMany: (life: ConnectorLife, error: ConnectError) => void;
  readonly logger: Logger;
}

/** Task configurations are being asked for. */
interface Asking {
  readonly life: ConnectorLife;
  /** To be asked once more: the last answer failed, or is out of date. */
  again: boolean;
  /** Resolves after the first answer, whatever it was. */
  readonly first: Promise<void>;
}

/**
 * Asks a connector for the configurations of its tasks, one question at a time for each of
 * its lives. A connector that cannot split its work is asked again, ever more slowly, while
 * its old tasks go on (Java: KAFKA-14732).
 */
export class TaskConfigRequests {
  readonly #options: TaskConfigRequestsOptions;
  #asking: Asking | undefined;

  constructor(options: TaskConfigRequestsOptions) {
    this.#options = options;
  }

  /** Resolves when the question under way was answered for the first time; at once when there is none. */
  async answered(): Promise<void> {
    await this.#asking?.first;
  }

  ask(life: ConnectorLife): void {
    if (this.#asking?.life === life) {
      this.#asking.again = true;
      return;
    }
    let tried: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (tried = resolve));
    const asking: Asking = { life, again: true, first };
    this.#asking = asking;
    void this.#askWhileWanted(asking, tried);
  }

  async #askWhileWanted(asking: Asking, tried: () => void): Promise<void> {
    const { life } = asking;
    const { connector, onTooMany, logger } = this.#options;
    for (let failures = 0; asking.again && life.running;) {
      asking.again = false;
      const failure = await this.#askOnce(life);
      tried();
      if (failure instanceof TooManyTasksError) onTooMany(life, failure);
      else if (failure !== undefined) {
        asking.again = true;
        const pauseMs = Math.min(FIRST_BACKOFF_MS * 2 ** failures++, LONGEST_BACKOFF_MS);
        logger.warn(
          `Connector ${connector} has no new task configurations; asking again in ${pauseMs} ms: ${failure.message}`,
        );
        // The wait ends early, and quietly, when the connector is stopped.
        await delay(pauseMs, undefined, { signal: life.over }).catch(() => undefined);
      }
    }
    tried();
    if (this.#asking === asking) this.#asking = undefined;
  }

  /** @returns what went wrong */
  async #askOnce(life: ConnectorLife): Promise<Error | undefined> {
    const { connector, apply } = this.#options;
    try {
      const split = await withLimit(
        life.unit.taskConfigs(),
        TASK_CONFIGS_LIMIT_MS,
        `Connector ${connector} gave no task configurations`,
      );
      this.#checkCount(split);
      await apply(life, split.configs);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  #checkCount({ configs, tasksMax, enforced }: TaskConfigs): void {
    if (configs.length <= tasksMax) return;
    const { connector, logger } = this.#options;
    const error = new TooManyTasksError(connector, configs.length, tasksMax);
    if (enforced) throw error;
    logger.warn(`${error.message} It is let through by tasks.max.enforce=false.`);
  }
}
