import { ConnectError, type Props } from "@millrace/connect-api";
import { alterOffsets } from "../../src/connector/alter-offsets.ts";
import type { DryRunSteps } from "../../src/dry-run/steps.ts";
import type { ConfigInfos, Definition } from "../../src/herder/config-infos.ts";
import { type PluginSchema, pluginSchema } from "../../src/herder/plugin-schema.ts";
import { pluginConfig } from "../../src/herder/validate.ts";
import { validateSubmitted } from "../../src/herder/validate-submitted.ts";
import { Secrets } from "../../src/config/secrets.ts";
import { createConfigProviders } from "../../src/plugins/config-providers.ts";
import { ConfigVariables } from "../../src/plugins/config-variables.ts";
import type { PluginRegistry } from "../../src/plugins/registry.ts";
import type {
  AlteredConnector,
  ConnectorListener,
  ConnectorSpec,
  ConnectorUnit,
  NewOffsets,
  ResolvedProps,
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
  /** Goes on in the place of a connector that takes its time to check new offsets. */
  altering?: () => Promise<void>;
}

/** Threads whose units do what a plugin without faults does, at once; validation is the real one, and so is altering offsets. */
export class FakeThreads implements Threads {
  readonly connectors: FakeUnit<ConnectorSpec>[] = [];
  readonly tasks: FakeUnit<TaskSpec>[] = [];
  /** What connectors were asked about, in order. */
  readonly altered: NewOffsets[] = [];
  behaviour: Behaviour = {};
  readonly #registry: PluginRegistry;
  readonly #workerProps: Props;
  readonly #variables: ConfigVariables;

  constructor(registry: PluginRegistry, workerProps: Props) {
    this.#registry = registry;
    this.#workerProps = workerProps;
    this.#variables = new ConfigVariables(() => createConfigProviders(workerProps, registry));
  }

  startConnector(spec: ConnectorSpec, listener: ConnectorListener): ConnectorUnit {
    const unit: FakeUnit<ConnectorSpec> = { spec, listener, calls: [], stopped: false };
    this.connectors.push(unit);
    this.#begin(unit);
    return {
      ...steering(unit),
      taskConfigs: async () => {
        unit.calls.push("taskConfigs");
        const { taskConfigs } = this.behaviour;
        const tasksMax = Number(spec.props["tasks.max"] ?? 1);
        const configs = taskConfigs
          ? await taskConfigs(spec, tasksMax)
          : [defaultTaskConfig(spec, this.#registry)];
        return { configs, tasksMax, enforced: spec.props["tasks.max.enforce"] !== "false" };
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

  /** All units that were ever started. */
  lives(): string[] {
    return [
      ...this.connectors.map(({ spec }) => spec.name),
      ...this.tasks.map(({ spec }) => `${spec.connector}-${spec.task}`),
    ];
  }

  validate(props: Props): Promise<ConfigInfos> {
    return validateSubmitted(
      props,
      this.#registry,
      this.#workerProps,
      this.#variables,
      new Secrets(),
    );
  }

  async resolve(props: Props): Promise<ResolvedProps> {
    const { configs, values } = await this.#variables.resolve(props);
    return { props: configs[0]!, secrets: [...values] };
  }

  pluginConfig(pluginClass: string, version: string | undefined): Promise<Definition[]> {
    return pluginConfig(pluginClass, version, this.#registry);
  }

  pluginSchema(pluginClass: string, version: string | undefined): Promise<PluginSchema> {
    return pluginSchema(pluginClass, version, this.#registry);
  }

  async alterOffsets(connector: AlteredConnector, offsets: NewOffsets): Promise<boolean> {
    this.altered.push(offsets);
    const { altering } = this.behaviour;
    await altering?.();
    return alterOffsets(connector, offsets, this.#registry);
  }

  use(): [] {
    return [];
  }

  /** Connectors and tasks run in none of these threads, so of a dry run there is the validation. */
  async dryRun<Step extends keyof DryRunSteps>(
    step: Step,
    args: Parameters<DryRunSteps[Step]>,
  ): Promise<Awaited<ReturnType<DryRunSteps[Step]>>> {
    if (step !== "validate") throw new ConnectError(`${step} is not there`);
    const [props] = args as Parameters<DryRunSteps["validate"]>;
    return (await this.validate(props)) as Awaited<ReturnType<DryRunSteps[Step]>>;
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
