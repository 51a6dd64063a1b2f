import type { Props } from "@millrace/connect-api";
import type { ConfigInfos, Definition } from "../../src/herder/config-infos.ts";
import { pluginConfig, validateConnector } from "../../src/herder/validate.ts";
import type { PluginRegistry } from "../../src/plugins/registry.ts";
import type {
  ConnectorListener,
  ConnectorSpec,
  ConnectorUnit,
  TargetState,
  TaskSpec,
  TaskUnit,
  Threads,
  UnitListener,
  UnitState,
} from "../../src/threads/units.ts";

const STATE_OF: Record<TargetState, UnitState> = {
  STARTED: "RUNNING",
  PAUSED: "PAUSED",
  STOPPED: "STOPPED",
};

/** A connector or task that somebody started. */
export interface FakeUnit<Spec> {
  readonly spec: Spec;
  readonly listener: UnitListener & Partial<ConnectorListener>;
  /** What it was told, in order. */
  readonly calls: string[];
  stopped: boolean;
}

/** What tests may put in the place of well-behaved plugins. */
export interface Behaviour {
  /** What a unit reports when it is started, or nothing: it hangs. */
  onStart?: (
    spec: ConnectorSpec | TaskSpec,
  ) => { state: UnitState; trace?: string } | "hang" | undefined;
  taskConfigs?: (spec: ConnectorSpec, maxTasks: number) => Props[] | Promise<Props[]>;
}

/** Threads whose units do what a plugin without faults does, at once; validation is the real one. */
export class FakeThreads implements Threads {
  readonly connectors: FakeUnit<ConnectorSpec>[] = [];
  readonly tasks: FakeUnit<TaskSpec>[] = [];
  behaviour: Behaviour = {};
  readonly #registry: PluginRegistry;
  readonly #workerProps: Props;

  constructor(registry: PluginRegistry, workerProps: Props) {
    this.#registry = registry;
    this.#workerProps = workerProps;
  }

  startConnector(spec: ConnectorSpec, listener: ConnectorListener): ConnectorUnit {
    const unit: FakeUnit<ConnectorSpec> = { spec, listener, calls: [], stopped: false };
    this.connectors.push(unit);
    this.#begin(unit);
    return {
      ...steering(unit),
      taskConfigs: async (maxTasks) => {
        unit.calls.push("taskConfigs");
        const { taskConfigs } = this.behaviour;
        return taskConfigs
          ? taskConfigs(spec, maxTasks)
          : [defaultTaskConfig(spec, this.#registry)];
      },
    };
  }

  startTask(spec: TaskSpec, listener: UnitListener): TaskUnit {
    const unit: FakeUnit<TaskSpec> = { spec, listener, calls: [], stopped: false };
    this.tasks.push(unit);
    this.#begin(unit);
    return steering(unit);
  }

  /** Units that nobody has stopped. */
  alive(): string[] {
    return [
      ...this.connectors.filter((u) => !u.stopped).map(({ spec }) => spec.name),
      ...this.tasks.filter((u) => !u.stopped).map(({ spec }) => `${spec.connector}-${spec.task}`),
    ];
  }

  validate(props: Props): Promise<ConfigInfos> {
    return validateConnector(props, this.#registry, this.#workerProps);
  }

  pluginConfig(pluginClass: string, version: string | undefined): Promise<Definition[]> {
    return pluginConfig(pluginClass, version, this.#registry);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #begin(unit: FakeUnit<ConnectorSpec> | FakeUnit<TaskSpec>): void {
    const reported = this.behaviour.onStart?.(unit.spec);
    if (reported === "hang") return;
    const { state, trace } = reported ?? { state: STATE_OF[unit.spec.initialState] };
    queueMicrotask(() => unit.listener.onState(state, trace));
  }
}

function steering(unit: FakeUnit<ConnectorSpec> | FakeUnit<TaskSpec>): TaskUnit {
  return {
    setTargetState: (state) => {
      unit.calls.push(state);
      queueMicrotask(() => unit.listener.onState(STATE_OF[state]));
    },
    stop: async () => {
      unit.calls.push("stop");
      unit.stopped = true;
      unit.listener.onState("UNASSIGNED");
    },
  };
}

/** As the file connectors make them. */
function defaultTaskConfig({ type, props }: ConnectorSpec, registry: PluginRegistry): Props {
  const { class: name } = registry.find(type, props["connector.class"]!);
  return { ...props, "task.class": name.replace(/Connector$/, "Task") };
}
