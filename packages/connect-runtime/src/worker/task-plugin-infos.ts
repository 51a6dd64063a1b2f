import type { Props } from "@millrace/connect-api";
import type { PluginInfo, StepPlugin, TaskPlugins } from "../metrics/measured-task.ts";
import type { PluginKind } from "../plugins/location.ts";
import { CONNECTOR_KINDS, type PluginRegistry } from "../plugins/registry.ts";

/** The plugins that configurations name, as metrics tell them. Each configuration is looked through once. */
export class TaskPluginInfos {
  readonly #registry: PluginRegistry;
  readonly #workerProps: Props;
  readonly #connectors = new WeakMap<Props, PluginInfo>();
  readonly #shared = new WeakMap<Props, Omit<TaskPlugins, "task">>();
  readonly #tasks = new WeakMap<Props, TaskPlugins>();

  constructor(registry: PluginRegistry, workerProps: Props) {
    this.#registry = registry;
    this.#workerProps = workerProps;
  }

  connector(config: Props): PluginInfo {
    return cached(this.#connectors, config, () =>
      this.#find(CONNECTOR_KINDS, config["connector.class"], config["connector.plugin.version"]),
    );
  }

  task(connectorConfig: Props, taskConfig: Props): TaskPlugins {
    const shared = cached(this.#shared, connectorConfig, () => this.#ofConnector(connectorConfig));
    const known = this.#tasks.get(taskConfig);
    if (known?.connector === shared.connector) return known;
    const { version } = shared.connector;
    const plugins = { ...shared, task: { class: taskConfig["task.class"] ?? "", version } };
    this.#tasks.set(taskConfig, plugins);
    return plugins;
  }

  #ofConnector(config: Props): Omit<TaskPlugins, "task"> {
    return {
      connector: this.connector(config),
      keyConverter: this.#converter(config, "key.converter", "converter"),
      valueConverter: this.#converter(config, "value.converter", "converter"),
      headerConverter: this.#converter(config, "header.converter", "header_converter"),
      transforms: this.#steps(config, "transforms", "transformation"),
      predicates: this.#steps(config, "predicates", "predicate"),
    };
  }

  #converter(config: Props, key: string, kind: PluginKind): PluginInfo | undefined {
    const owner = config[key] === undefined ? this.#workerProps : config;
    const name = owner[key];
    return name === undefined ? undefined : this.#find(kind, name, owner[`${key}.plugin.version`]);
  }

  #steps(config: Props, key: "transforms" | "predicates", kind: PluginKind): StepPlugin[] {
    return (config[key] ?? "")
      .split(",")
      .map((alias) => alias.trim())
      .filter((alias) => alias !== "")
      .map((alias) => {
        const { [`${key}.${alias}.type`]: type, [`${key}.${alias}.plugin.version`]: version } =
          config;
        return { alias, ...this.#find(kind, type, version) };
      });
  }

  #find(
    kinds: PluginKind | readonly PluginKind[],
    name: string | undefined,
    range: string | undefined,
  ): PluginInfo {
    const named = { class: name ?? "", version: undefined };
    try {
      const found = this.#registry.find(kinds, named.class, range);
      return { class: found.class, version: found.version };
    } catch {
      // One that cannot be had is told by the status of what needs it.
      return named;
    }
  }
}

function cached<V>(cache: WeakMap<Props, V>, key: Props, make: () => V): V {
  let value = cache.get(key);
  if (value === undefined) cache.set(key, (value = make()));
  return value;
}
