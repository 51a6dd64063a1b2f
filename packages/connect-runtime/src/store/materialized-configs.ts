import type { Props } from "@millrace/connect-api";
import type { TargetState } from "../threads/units.ts";
import type { ConfigSnapshot, SessionKey } from "./config-snapshot.ts";

/** What is known of one connector; is replaced, never changed. */
export interface ConnectorEntry {
  readonly config: Props | undefined;
  readonly targetState: TargetState | undefined;
  readonly tasks: readonly Props[];
  readonly isInconsistent: boolean;
  /** The configuration when the tasks were committed. */
  readonly applied: Props | undefined;
  readonly generation: number;
  readonly taskCountRecord: number | undefined;
  readonly pendingFencing: boolean;
}

export const NO_ENTRY: ConnectorEntry = {
  config: undefined,
  targetState: undefined,
  tasks: [],
  isInconsistent: false,
  applied: undefined,
  generation: 0,
  taskCountRecord: undefined,
  pendingFencing: false,
};

/** One version of the config topic, by connector; entries without a configuration are of removed ones. */
export class MaterializedConfigs implements ConfigSnapshot {
  readonly offset: number;
  readonly sessionKey: SessionKey | undefined;
  readonly #connectors: ReadonlyMap<string, ConnectorEntry>;
  #names: readonly string[] | undefined;

  /** @param connectors not to be changed any more */
  constructor(
    offset: number,
    connectors: ReadonlyMap<string, ConnectorEntry>,
    sessionKey: SessionKey | undefined,
  ) {
    this.offset = offset;
    this.sessionKey = sessionKey;
    this.#connectors = connectors;
  }

  connectors(): readonly string[] {
    return (this.#names ??= [...this.#connectors]
      .filter(([, { config }]) => config !== undefined)
      .map(([name]) => name));
  }

  has(connector: string): boolean {
    return this.#entry(connector).config !== undefined;
  }

  connectorConfig(connector: string): Props | undefined {
    return this.#entry(connector).config;
  }

  targetState(connector: string): TargetState {
    return this.#entry(connector).targetState ?? "STARTED";
  }

  taskCount(connector: string): number {
    return this.#entry(connector).tasks.length;
  }

  taskConfigs(connector: string): readonly Props[] {
    return this.#entry(connector).tasks;
  }

  isInconsistent(connector: string): boolean {
    return this.#entry(connector).isInconsistent;
  }

  appliedConnectorConfig(connector: string): Props | undefined {
    return this.#entry(connector).applied;
  }

  taskConfigGeneration(connector: string): number {
    return this.#entry(connector).generation;
  }

  taskCountRecord(connector: string): number | undefined {
    return this.#entry(connector).taskCountRecord;
  }

  pendingFencing(connector: string): boolean {
    return this.#entry(connector).pendingFencing;
  }

  /** As it was written; undefined: nothing was, or it was removed. */
  writtenTargetState(connector: string): TargetState | undefined {
    return this.#entry(connector).targetState;
  }

  #entry(connector: string): ConnectorEntry {
    return this.#connectors.get(connector) ?? NO_ENTRY;
  }
}
