import { ConnectError, type Props } from "@millrace/connect-api";
import type { SinkGroup } from "../kafka/sink-group.ts";
import type { OffsetStore } from "../store/offset-store.ts";
import type { AlteredConnector, GroupOffset, NewOffsets, Threads } from "../threads/units.ts";
import { BadRequestError } from "./bad-request.ts";
import type { ConnectorType, OffsetTexts } from "./herder.ts";
import { withLimit } from "./limit.ts";
import { type OffsetChange, sinkEntries, sourceEntries } from "./offset-change.ts";

export interface ConnectorOffsetsOptions {
  readonly threads: Pick<Threads, "alterOffsets">;
  readonly offsets: OffsetStore;
  readonly openSinkGroup: (connector: string, props: Props) => Promise<SinkGroup>;
}

/** A connector as its offsets need it. */
export interface OffsetOwner extends AlteredConnector {
  readonly type: "source" | "sink";
}

/** `changes` undefined: all are reset. */
export interface Modification {
  readonly owner: OffsetOwner;
  readonly changes: readonly OffsetChange[] | undefined;
  /** After this moment, in milliseconds since 1970, nothing is begun any more: who asked has been answered. */
  readonly deadlineMs: number;
}

/**
 * The offsets of connectors (KIP-875): a source's in the store, a sink's in its consumer group
 * (Java: `Worker.modifyConnectorOffsets`). Whoever asks for a change sees to it that the connector
 * is stopped, and stays so meanwhile.
 */
export class ConnectorOffsets {
  readonly #options: ConnectorOffsetsOptions;

  constructor(options: ConnectorOffsetsOptions) {
    this.#options = options;
  }

  /** @throws {ConnectError} when the store, or the brokers, do not answer */
  read(connector: string, type: ConnectorType, props: Props): Promise<OffsetTexts[]> {
    return type === "sink" ? this.#ofSink(connector, props) : this.#ofSource(connector);
  }

  async #ofSource(connector: string): Promise<OffsetTexts[]> {
    const entries = await this.#options.offsets.entries(connector);
    return [...entries].map(([key, offset]) => ({ partition: partitionOf(key), offset }));
  }

  async #ofSink(connector: string, props: Props): Promise<OffsetTexts[]> {
    try {
      await using group = await this.#options.openSinkGroup(connector, props);
      return (await group.committed()).map(({ topic, partition, offset }) => ({
        partition: JSON.stringify({ kafka_partition: partition, kafka_topic: topic }),
        offset: JSON.stringify({ kafka_offset: offset }),
      }));
    } catch (error) {
      throw new ConnectError(
        `Failed to retrieve consumer group offsets for sink connector ${connector}: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }

  /**
   * Alters or resets offsets; all of it, or nothing where something about it is wrong (I6).
   * @returns what REST answers
   * @throws {BadRequestError} for sink offsets that are none
   * @throws {ConnectError} what the connector says to refuse them; that the store or the group does
   */
  async modify(modification: Modification): Promise<string> {
    const { owner, changes } = modification;
    const all =
      owner.type === "source"
        ? await this.#modifySource(modification)
        : await this.#modifySink(modification);
    return outcome(all, changes === undefined ? "reset" : "altered");
  }

  async #modifySource({ owner, changes, deadlineMs }: Modification): Promise<boolean> {
    const { offsets } = this.#options;
    const { name } = owner;
    const wanted = changes && sourceEntries(name, changes);
    // Read in any case: partitions that are there keep the keys they have.
    const stored = await withLimit(
      offsets.entries(name),
      left(owner, deadlineMs),
      () =>
        new ConnectError(
          `Timed out while trying to read to the end of the offsets topic prior to modifying offsets for source connector ${name}`,
        ),
    );
    const entries = wanted ?? new Map(Array.from(stored.keys(), (key) => [key, null]));
    const all = await this.#ask(owner, { type: "source", entries }, deadlineMs);
    if (entries.size === 0) return all;
    // Nothing is written where nobody waits for it any more.
    const limitMs = left(owner, deadlineMs);
    await withLimit(
      offsets.set(entries),
      limitMs,
      () =>
        new ConnectError(
          `Timed out while attempting to modify offsets for source connector ${name}. They may be written yet, when the brokers are back: look at them then`,
        ),
    );
    return all;
  }

  async #modifySink({ owner, changes, deadlineMs }: Modification): Promise<boolean> {
    const { name, props } = owner;
    const wanted = changes && sinkEntries(changes);
    if (wanted?.some(({ offset }) => offset !== null && offset < 0)) {
      throw new ConnectError(`Failed to modify offsets for sink connector ${name}`, {
        cause: new ConnectError("Kafka offsets cannot be negative"),
      });
    }
    await using group = await this.#options.openSinkGroup(name, props);
    if (wanted === undefined) {
      const entries = await committedBefore(group, name);
      await group.checkReset();
      const all = await this.#ask(owner, { type: "sink", entries }, deadlineMs);
      left(owner, deadlineMs);
      await group.reset();
      return all;
    }
    await group.checkAlter(wanted);
    const all = await this.#ask(owner, { type: "sink", entries: wanted }, deadlineMs);
    left(owner, deadlineMs);
    await group.alter(wanted);
    return all;
  }

  #ask(owner: OffsetOwner, offsets: NewOffsets, deadlineMs: number): Promise<boolean> {
    const { name, props } = owner;
    return this.#options.threads.alterOffsets({ name, props }, offsets, left(owner, deadlineMs));
  }
}

/** @throws {BadRequestError} for a connector that is not stopped */
export function mustBeStopped(name: string): BadRequestError {
  return new BadRequestError(
    `Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`,
  );
}

/** The text between `["connector",` and `]`, which others may have written with blanks. */
function partitionOf(key: string): string {
  return key.replace(/^\s*\[\s*"(?:[^"\\]|\\.)*"\s*,/, "").replace(/\]\s*$/, "");
}

async function committedBefore(group: SinkGroup, connector: string): Promise<GroupOffset[]> {
  try {
    const committed = await group.committed();
    return committed.map(({ topic, partition }) => ({ topic, partition, offset: null }));
  } catch (error) {
    throw new ConnectError(
      `Failed to list offsets prior to resetting offsets for sink connector ${connector}`,
      { cause: error },
    );
  }
}

/** @throws {ConnectError} when nothing is left */
function left({ name, type }: OffsetOwner, deadlineMs: number): number {
  const ms = deadlineMs - Date.now();
  if (ms > 0) return ms;
  throw new ConnectError(
    `Timed out while attempting to modify offsets for ${type} connector ${name}`,
  );
}

/** @param all the connector has seen to offsets that it may keep elsewhere */
function outcome(all: boolean, done: "altered" | "reset"): string {
  return all
    ? `The offsets for this connector have been ${done} successfully`
    : `The Connect framework-managed offsets for this connector have been ${done} successfully. However, if this connector manages offsets externally, they will need to be manually ${done} in the system that the connector uses.`;
}
