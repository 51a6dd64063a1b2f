import { type ConnectError, isRetriable, type Logger, type Props } from "@millrace/connect-api";
import type { ConfigSnapshot } from "../../store/config-snapshot.ts";
import { type KafkaConfigStore, StaleTaskConfigsError } from "../../store/kafka-config-store.ts";
import { InternalRequestError } from "../internal-signature.ts";
import { RebalanceNeededError } from "../target-errors.ts";

export interface ZombieFencingOptions {
  readonly configs: Pick<KafkaConfigStore, "snapshot" | "refresh" | "putTaskCountRecord">;
  /** `<group.id>-<connector>-<task>` */
  readonly transactionalId: (connector: string, task: number) => string;
  /**
   * Makes it impossible to write for producers of these transactional ids that exist now.
   * @throws {RetriableError} when it can't be done now; {ConnectError}
   */
  readonly fence: (connector: string, props: Props, ids: readonly string[]) => Promise<void>;
  readonly logger: Logger;
}

interface Round {
  readonly generation: number;
  readonly done: Promise<void>;
}

/**
 * The leader's part in exactly-once sources (KIP-618; Java: `DistributedHerder.doFenceZombieSourceTasks`):
 * before tasks of new configurations begin, producers of all earlier tasks of the connector are fenced
 * off, also of tasks that there are fewer of now and that nobody will ever succeed. How many
 * there were stands in the topic (`tasks-fencing-<connector>`).
 */
export class ZombieFencing {
  readonly #options: ZombieFencingOptions;
  readonly #rounds = new Map<string, Round>();

  constructor(options: ZombieFencingOptions) {
    this.#options = options;
  }

  /**
   * Requests at the same time, one per task, share one round.
   * @throws {RebalanceNeededError} when the connector gets new tasks meanwhile: ask again for those
   * @throws {InternalRequestError} 503 when the brokers do not answer in time
   * @throws {ConnectError} when they refuse
   */
  async fence(connector: string): Promise<void> {
    const { configs } = this.#options;
    await configs.refresh().catch((error: unknown) => {
      throw cannotNow(error);
    });
    for (;;) {
      const generation = configs.snapshot().taskConfigGeneration(connector);
      const running = this.#rounds.get(connector);
      if (running?.generation === generation) return running.done;
      if (running !== undefined) {
        // Of earlier configurations: who asked for it is told so.
        await running.done.catch(() => undefined);
        continue;
      }
      const done = this.#round(connector, generation).finally(() => this.#rounds.delete(connector));
      this.#rounds.set(connector, { generation, done });
      return done;
    }
  }

  async #round(connector: string, generation: number): Promise<void> {
    const { configs, transactionalId, fence, logger } = this.#options;
    const snapshot = configs.snapshot();
    const what = toFence(snapshot, connector);
    if (what === "nothing") return;
    const props = snapshot.connectorConfig(connector) ?? {};
    const ids = Array.from({ length: what }, (_, task) => transactionalId(connector, task));
    if (ids.length > 0) {
      await fence(connector, props, ids).catch((error: unknown) => {
        throw isRetriable(error) ? cannotNow(error) : error;
      });
      logger.info(`Fenced off earlier tasks of connector ${connector}: ${ids.join(", ")}`);
    }
    try {
      await configs.putTaskCountRecord(connector, snapshot.taskCount(connector), generation);
    } catch (error) {
      if (!((error as Error).cause instanceof StaleTaskConfigsError)) throw cannotNow(error);
      throw new RebalanceNeededError(
        `Connector ${connector} has got new tasks while earlier ones were fenced off`,
      );
    }
  }
}

/**
 * What has to be done before tasks may start: `nothing`, or fence off so many producers (0: none) and
 * write how many tasks there are now.
 */
export function toFence(
  snapshot: Pick<ConfigSnapshot, "pendingFencing" | "taskCountRecord" | "taskCount">,
  connector: string,
): "nothing" | number {
  if (!snapshot.pendingFencing(connector)) return "nothing";
  const before = snapshot.taskCountRecord(connector);
  // None: no task of this connector has ever used transactions.
  if (before === undefined) return 0;
  // One succeeds one: the new one has the same transactional id, and fences by itself.
  if (before === 1 && snapshot.taskCount(connector) === 1) return 0;
  return before;
}

function cannotNow(error: unknown): ConnectError {
  return new InternalRequestError(503, (error as Error).message);
}
