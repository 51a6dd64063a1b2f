/** How a sensor sums up the values it is given, over the worker's metrics window where that matters. */
export type SensorStat = "avg" | "count" | "max" | "min" | "rate" | "total";

/** The name under which a metric is found; made by `PluginMetrics.metricName`. */
export interface MetricName {
  readonly name: string;
  /** What is measured, in words. */
  readonly description: string;
  /** The plugin's own tags (connector, task, converter…) and those that were added. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Is given values and keeps statistics of them, each under a name of its own. */
export interface Sensor {
  /** Takes a value. Cheap enough to be called for each batch; not meant for each record. */
  record(value: number): void;
  /** Keeps one more statistic. @throws {RangeError} when the name is taken */
  add(name: MetricName, stat: SensorStat): void;
}

/**
 * Where a plugin keeps metrics of its own (KIP-877). The worker tags them with the plugin
 * they belong to, serves them beside its own, and removes them when the plugin is closed.
 */
export interface PluginMetrics {
  /**
   * A name with the plugin's tags and these.
   * @throws {RangeError} when a tag is one that the worker sets
   */
  metricName(
    name: string,
    description: string,
    tags?: Readonly<Record<string, string>>,
  ): MetricName;
  /**
   * A metric that is measured when somebody looks. `measure` may be called at any time, so
   * it only looks at what is at hand.
   * @throws {RangeError} when the name is taken
   */
  addMetric(name: MetricName, measure: () => number | string): void;
  /** @throws {RangeError} when there is no such metric */
  removeMetric(name: MetricName): void;
  /** A new sensor, without statistics. @throws {RangeError} when the name is taken */
  addSensor(name: string): Sensor;
  /** Removes the sensor with its metrics. */
  removeSensor(name: string): void;
}

/**
 * A plugin with metrics of its own. Converters, transforms, predicates, providers and REST
 * extensions implement it; connectors and tasks find `pluginMetrics` in their context.
 */
export interface Monitorable {
  /** Called once, after `configure` and before the first use. */
  withPluginMetrics(metrics: PluginMetrics): void;
}
