export interface TaskId {
  readonly connector: string;
  readonly task: number;
}

/** Connectors and tasks: what there is to run, or what one worker runs of it. */
export interface Work {
  readonly connectors: readonly string[];
  readonly tasks: readonly TaskId[];
}

export const NO_WORK: Work = { connectors: [], tasks: [] };

export function isEmpty({ connectors, tasks }: Work): boolean {
  return connectors.length === 0 && tasks.length === 0;
}

/** All there is to run, as one version of the config topic has it. */
export interface WorkSnapshot {
  /** Offset in the config topic that follows the last record read (Java: `ClusterConfigState.offset`). */
  readonly offset: number;
  /** Names of all connectors that have a configuration. */
  connectors(): Iterable<string>;
  has(connector: string): boolean;
  /** How many tasks it has; 0 while its task configurations are not complete. */
  taskCount(connector: string): number;
}
