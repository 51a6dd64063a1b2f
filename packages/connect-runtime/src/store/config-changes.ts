import type { Props } from "@millrace/connect-api";
import type { TargetState } from "../threads/units.ts";
import type { LogWrite } from "./compacted-log.ts";
import { commitRecord, connectorRecord, targetStateRecord, taskRecord } from "./config-records.ts";
import type { MaterializedConfigs } from "./materialized-configs.ts";

/** A change of the config topic: what is written, and how it is taken back. */
export interface ConfigChange {
  /** Each is written when the one before was read back. */
  readonly steps: readonly (readonly LogWrite[])[];
  /**
   * What takes the first `steps` steps back, to be written behind them.
   * Undefined: it can't be taken back, or should not be.
   */
  readonly inverse: ((steps: number) => readonly LogWrite[]) | undefined;
}

export function connectorChange(
  before: MaterializedConfigs,
  connector: string,
  props: Props,
  initial: TargetState | undefined,
): ConfigChange {
  const target = initial === undefined ? [] : [targetStateRecord(connector, initial)];
  const previous = before.connectorConfig(connector) ?? null;
  const targetBefore = initial === undefined ? [] : [targetStateBefore(connector, before)];
  return {
    steps: [[...target, connectorRecord(connector, props)]],
    inverse: () => [connectorRecord(connector, previous), ...targetBefore],
  };
}

export function connectorRemoval(before: MaterializedConfigs, connector: string): ConfigChange {
  const previous = before.connectorConfig(connector);
  return {
    steps: [[connectorRecord(connector, null), targetStateRecord(connector, null)]],
    inverse: () => [
      targetStateBefore(connector, before),
      ...(previous === undefined
        ? []
        : [connectorRecord(connector, previous), ...tasksBefore(connector, before)]),
    ],
  };
}

/** Tasks that were not known before, since their commit was incomplete, can't be written again. */
export function taskConfigsChange(
  before: MaterializedConfigs,
  connector: string,
  configs: readonly Props[],
): ConfigChange {
  const tasks = configs.map((props, task) => taskRecord(connector, task, props));
  const commit = [commitRecord(connector, configs.length)];
  const steps = tasks.length === 0 ? [commit] : [tasks, commit];
  // Java knows no tombstones of task records: those that are too many must lie before a commit of
  // theirs, or the commit of the earlier ones would look incomplete.
  const surplus = configs.length > before.taskCount(connector);
  const inverse = (begun: number) => [
    ...(begun < steps.length && surplus ? commit : []),
    ...tasksBefore(connector, before),
  ];
  return { steps, inverse: before.isInconsistent(connector) ? undefined : inverse };
}

export function targetStateChange(
  before: MaterializedConfigs,
  connector: string,
  state: TargetState,
): ConfigChange {
  return {
    steps: [[targetStateRecord(connector, state)]],
    inverse: () => [targetStateBefore(connector, before)],
  };
}

/**
 * Tasks are forgotten, and the connector is to be STOPPED. In one batch, which is written as a
 * whole or not at all: a connector that lost its tasks and is not STOPPED would sit there for good.
 */
export function connectorStop(before: MaterializedConfigs, connector: string): ConfigChange {
  const tasks = taskConfigsChange(before, connector, []);
  const state = targetStateChange(before, connector, "STOPPED");
  const { inverse } = tasks;
  return {
    steps: [[...tasks.steps.flat(), ...state.steps.flat()]],
    inverse: inverse && (() => [...(state.inverse?.(1) ?? []), ...inverse(1)]),
  };
}

/** Workers are not told when the state of a connector that exists is removed: it is written out. */
function targetStateBefore(connector: string, before: MaterializedConfigs): LogWrite {
  const written = before.writtenTargetState(connector);
  return targetStateRecord(
    connector,
    written ?? (before.has(connector) ? before.targetState(connector) : null),
  );
}

function tasksBefore(connector: string, before: MaterializedConfigs): LogWrite[] {
  const configs = before.taskConfigs(connector);
  return [
    ...configs.map((props, task) => taskRecord(connector, task, props)),
    commitRecord(connector, configs.length),
  ];
}
