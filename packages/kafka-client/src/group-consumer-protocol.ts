import type { Assignor } from "./assignor/assignor.ts";
import { assignorsOf } from "./assignor/assignors.ts";
import {
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "./assignor/consumer-protocol.ts";
import { KafkaError } from "./errors.ts";
import type { ResolvedGroupOptions } from "./group-consumer-options.ts";
import type { GroupProtocol } from "./group-membership.ts";
import type { GroupTopics } from "./group-topics.ts";
import type { JoinedMember, ProtocolMetadata } from "./group-transport.ts";
import type { TopicPartition } from "./types.ts";

/** What members of a consumer group tell each other, and how their leader divides the work. */
export class ConsumerGroupProtocol implements GroupProtocol {
  /**
   * Partitions are kept through a rebalance. Only if every assignor that is offered expects it:
   * which of them is chosen shows too late.
   */
  readonly cooperative: boolean;
  readonly #groupId: string;
  readonly #rackId: string | null;
  readonly #assignors: Assignor[];
  readonly #topics: GroupTopics;
  readonly #holding: () => { owned: readonly TopicPartition[]; generationId: number };
  /** What the last join offered; another array when the wishes have changed. */
  #joinedTopics: readonly string[] = [];
  /** What we as the leader assigned from; undefined for the others. */
  #assignedFrom: Map<string, number> | undefined;

  /** @throws KafkaError INVALID_CONFIG for assignors that are none */
  constructor(
    { groupId, rackId, assignors }: ResolvedGroupOptions,
    topics: GroupTopics,
    holding: () => { owned: readonly TopicPartition[]; generationId: number },
  ) {
    this.#groupId = groupId;
    this.#rackId = rackId;
    this.#assignors = assignorsOf(assignors);
    this.#topics = topics;
    this.#holding = holding;
    this.cooperative = this.#assignors.every(({ rebalance }) => rebalance === "cooperative");
  }

  protocols(): ProtocolMetadata[] {
    this.#joinedTopics = this.#topics.subscribed;
    this.#assignedFrom = undefined;
    const { owned, generationId } = this.#holding();
    return this.#assignors.map((assignor) => ({
      name: assignor.name,
      metadata: encodeSubscription({
        topics: [...this.#joinedTopics],
        userData: assignor.userData?.(owned, generationId) ?? null,
        ownedPartitions: [...owned],
        generationId,
        rackId: this.#rackId,
      }),
    }));
  }

  async assign(name: string, joined: readonly JoinedMember[]): Promise<Map<string, Buffer>> {
    const assignor = this.#assignors.find((one) => one.name === name);
    if (assignor === undefined)
      throw new KafkaError(
        "INCONSISTENT_GROUP_PROTOCOL",
        `The coordinator of group ${this.#groupId} chose assignor ${name}, which we did not offer`,
      );
    const members = joined.map(({ memberId, groupInstanceId = null, metadata }) => ({
      memberId,
      groupInstanceId,
      subscription: decodeSubscription(metadata),
    }));
    const topics = new Set(members.flatMap(({ subscription }) => subscription.topics));
    const counts = await this.#topics.countsOf([...topics]);
    this.#assignedFrom = counts;
    return new Map(
      Array.from(assignor.assign(counts, members), ([id, partitions]) => [
        id,
        encodeAssignment(partitions),
      ]),
    );
  }

  /** A rebalance by the assignor of that name gave us these. */
  assigned(name: string, partitions: readonly TopicPartition[], generationId: number): void {
    const assignor = this.#assignors.find((one) => one.name === name);
    assignor?.onAssignment?.(partitions, generationId);
  }

  /** Why what was assigned is out of date (Java: ConsumerCoordinator.rejoinNeededOrPending). */
  outdated(): string | undefined {
    if (this.#joinedTopics !== this.#topics.subscribed) return "the topics that match have changed";
    if (this.#assignedFrom !== undefined && !same(this.#assignedFrom, this.#topics.counts()))
      return "the partitions of the group's topics have changed";
    return undefined;
  }
}

function same(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([topic, count]) => b.get(topic) === count);
}
