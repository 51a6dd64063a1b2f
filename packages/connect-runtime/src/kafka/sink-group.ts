import { ConnectError, type Logger, type Props } from "@millrace/connect-api";
import {
  Admin,
  clientSettings,
  type CommittedOffset,
  isKafkaError,
  KafkaClient,
} from "@millrace/kafka-client";
import { withoutPrefix } from "../config/properties.ts";
import type { GroupOffset } from "../threads/units.ts";
import { sinkConsumerProps } from "./client-props.ts";

/** The consumer group of a sink, whose committed offsets are the sink's. Errors have Java's words. */
export interface SinkGroup extends AsyncDisposable {
  /** @throws {KafkaError} */
  committed(): Promise<CommittedOffset[]>;
  /**
   * Looks whether `alter` would do all of it, so that nothing is changed otherwise.
   * @throws {ConnectError} for partitions that do not exist, and while the group has members
   */
  checkAlter(offsets: readonly GroupOffset[]): Promise<void>;
  /** @throws {ConnectError} while the group has members: its tasks have not ended yet */
  alter(offsets: readonly GroupOffset[]): Promise<void>;
  /** @throws {ConnectError} while the group has members */
  checkReset(): Promise<void>;
  /** Deletes the group; one that does not exist is no error. @throws {ConnectError} while it has members */
  reset(): Promise<void>;
}

/**
 * Opens a client for what an operator asks about a sink's consumer group.
 * @throws {ConnectError} for settings that cannot be honoured
 */
export function openSinkGroup(
  workerProps: Props,
  connector: string,
  connectorProps: Props,
  logger: Logger,
): SinkGroup {
  const props: Props = {
    "bootstrap.servers": workerProps["bootstrap.servers"] ?? "",
    "client.id": `connector-adminclient-${connector}`,
    ...withoutPrefix(workerProps, "admin."),
    ...withoutPrefix(connectorProps, "admin.override."),
  };
  const client = new KafkaClient({
    ...clientSettings(props, "admin").client,
    log: (level, message) => logger[level](message),
  });
  const spec = { connector, task: 0, connectorProps };
  const groupId = sinkConsumerProps(workerProps, spec)["group.id"]!;
  return new KafkaSinkGroup(client, connector, groupId);
}

class KafkaSinkGroup implements SinkGroup {
  readonly #client: KafkaClient;
  readonly #admin: Admin;
  readonly #connector: string;
  readonly #groupId: string;

  constructor(client: KafkaClient, connector: string, groupId: string) {
    this.#client = client;
    this.#admin = new Admin(client);
    this.#connector = connector;
    this.#groupId = groupId;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#client[Symbol.asyncDispose]();
  }

  committed(): Promise<CommittedOffset[]> {
    return this.#admin.fetchGroupOffsets(this.#groupId);
  }

  async checkAlter(offsets: readonly GroupOffset[]): Promise<void> {
    const topics = await this.#admin.describeTopics(offsets.map(({ topic }) => topic));
    for (const { topic, partition } of offsets) {
      const described = topics.get(topic);
      if (described !== undefined && !isKafkaError(described)) {
        if (described.partitions[partition] !== undefined) continue;
        throw this.#failedToAlter(new ConnectError(`There is no partition ${topic}-${partition}`));
      }
      throw this.#failedToAlter(described);
    }
    if (await this.#hasMembers()) throw this.#occupied("alter");
  }

  async alter(offsets: readonly GroupOffset[]): Promise<void> {
    const set = offsets.flatMap((entry) =>
      entry.offset === null ? [] : [{ ...entry, offset: entry.offset }],
    );
    const deleted = offsets.filter(({ offset }) => offset === null);
    try {
      if (set.length > 0) await this.#admin.alterGroupOffsets(this.#groupId, set);
      if (deleted.length > 0) await this.#admin.deleteGroupOffsets(this.#groupId, deleted);
    } catch (error) {
      const occupied =
        isKafkaError(error) &&
        ["UNKNOWN_MEMBER_ID", "GROUP_SUBSCRIBED_TO_TOPIC"].includes(error.code);
      throw occupied ? this.#occupied("alter", error) : this.#failedToAlter(error);
    }
  }

  async checkReset(): Promise<void> {
    if (await this.#hasMembers()) throw this.#occupied("reset");
  }

  async reset(): Promise<void> {
    const outcome = (await this.#admin.deleteGroups([this.#groupId])).get(this.#groupId);
    if (!isKafkaError(outcome) || outcome.code === "GROUP_ID_NOT_FOUND") return;
    if (outcome.code === "NON_EMPTY_GROUP") throw this.#occupied("reset", outcome);
    throw new ConnectError(
      `Failed to reset consumer group offsets for sink connector ${this.#connector}`,
      { cause: outcome },
    );
  }

  /** Where the broker does not tell, the change itself will be refused. */
  async #hasMembers(): Promise<boolean> {
    const group = (await this.#admin.describeGroups([this.#groupId])).get(this.#groupId);
    return group !== undefined && !isKafkaError(group) && group.members.length > 0;
  }

  #failedToAlter(cause: unknown): ConnectError {
    return new ConnectError(
      `Failed to alter consumer group offsets for connector ${this.#connector}`,
      { cause },
    );
  }

  #occupied(what: "alter" | "reset", cause?: unknown): ConnectError {
    return new ConnectError(
      `Failed to ${what} consumer group offsets for connector ${this.#connector} either because its tasks haven't stopped completely yet or the connector was resumed before the request to ${what} its offsets could be successfully completed. If the connector is in a stopped state, this operation can be safely retried. If it doesn't eventually succeed, the Connect cluster may need to be restarted to get rid of the zombie sink tasks.`,
      { cause },
    );
  }
}
