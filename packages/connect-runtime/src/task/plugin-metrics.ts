import type {
  MetricName,
  Monitorable,
  PluginMetrics,
  Sensor,
  SensorStat,
} from "@millrace/connect-api";
import type { Kind, Labels } from "../metrics/group.ts";
import type { PluginMetric } from "../metrics/plugin-families.ts";
import { SampledStat } from "../metrics/sampled-stat.ts";
import type { SampleWindows } from "../metrics/sample-windows.ts";

interface Kept {
  readonly name: MetricName;
  readonly kind: Kind;
  readonly measure: () => number | string | undefined;
}

/** Gives a plugin its metrics, where it keeps some. */
export function monitor(plugin: unknown, metrics: PluginMetrics): void {
  const { withPluginMetrics } = plugin as Partial<Monitorable>;
  if (typeof withPluginMetrics === "function") withPluginMetrics.call(plugin, metrics);
}

/** The metrics that plugins of one connector or task keep (KIP-877). */
export class PluginMetricsBook {
  readonly #windows: SampleWindows;
  readonly #onFault: (name: string, error: unknown) => void;
  readonly #metrics = new Map<string, Kept>();
  readonly #sensors = new Map<string, PluginSensor>();

  /** @param onFault told once of each metric whose `measure` throws */
  constructor(windows: SampleWindows, onFault: (name: string, error: unknown) => void) {
    this.#windows = windows;
    this.#onFault = onFault;
  }

  get isEmpty(): boolean {
    return this.#metrics.size === 0;
  }

  /** For one plugin. @param tags that the worker gives all of its metrics */
  of(tags: Labels): PluginMetrics {
    return {
      metricName: (name, description, more = {}) => {
        const clash = Object.keys(more).find((tag) => Object.hasOwn(tags, tag));
        if (clash !== undefined) {
          throw new RangeError(`Metric ${name} has a tag ${clash}, which the worker sets itself`);
        }
        return { name, description, tags: { ...tags, ...more } };
      },
      addMetric: (name, measure) => this.#add({ name, kind: "gauge", measure }),
      removeMetric: (name) => this.#remove(name),
      addSensor: (name) => this.#addSensor(sensorKey(name, tags)),
      removeSensor: (name) => {
        const key = sensorKey(name, tags);
        for (const metric of this.#sensors.get(key)?.names ?? []) this.#remove(metric);
        this.#sensors.delete(key);
      },
    };
  }

  /** What there is to be shown now. */
  values(): PluginMetric[] {
    const values: PluginMetric[] = [];
    for (const [key, kept] of this.#metrics) {
      const { name, kind } = kept;
      try {
        const value = kept.measure();
        if (value === undefined) continue;
        values.push({ name: name.name, kind, doc: name.description, tags: name.tags, value });
      } catch (error) {
        this.#metrics.set(key, { ...kept, measure: () => undefined });
        this.#onFault(name.name, error);
      }
    }
    return values;
  }

  #add(kept: Kept): void {
    const key = keyOf(kept.name);
    if (this.#metrics.has(key)) throw new RangeError(`There is a metric ${key} already`);
    this.#metrics.set(key, kept);
  }

  #remove(name: MetricName): void {
    if (!this.#metrics.delete(keyOf(name)))
      throw new RangeError(`There is no metric ${keyOf(name)}`);
  }

  #addSensor(key: string): Sensor {
    if (this.#sensors.has(key)) throw new RangeError(`There is a sensor ${key} already`);
    const sensor = new PluginSensor(this.#windows, (kept) => this.#add(kept));
    this.#sensors.set(key, sensor);
    return sensor;
  }
}

class PluginSensor implements Sensor {
  readonly names: MetricName[] = [];
  readonly #recent: SampledStat;
  readonly #keep: (kept: Kept) => void;
  #count = 0;
  #total = 0;

  constructor(windows: SampleWindows, keep: (kept: Kept) => void) {
    this.#recent = new SampledStat(windows);
    this.#keep = keep;
  }

  record(value: number): void {
    this.#count++;
    this.#total += value;
    this.#recent.record(value);
  }

  add(name: MetricName, stat: SensorStat): void {
    const kind = stat === "count" || stat === "total" ? "counter" : "gauge";
    this.#keep({ name, kind, measure: () => this.#value(stat) });
    this.names.push(name);
  }

  #value(stat: SensorStat): number | undefined {
    switch (stat) {
      case "count":
        return this.#count;
      case "total":
        return this.#total;
      case "avg":
        return this.#recent.average;
      case "min":
        return this.#recent.min;
      case "max":
        return this.#recent.max;
      case "rate":
        return this.#recent.rate;
    }
  }
}

function keyOf({ name, tags }: MetricName): string {
  const sorted = Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${name}{${sorted.map(([tag, value]) => `${tag}=${JSON.stringify(value)}`).join(",")}}`;
}

/** Plugins of one task may have sensors of the same name. */
function sensorKey(name: string, tags: Labels): string {
  return keyOf({ name, description: "", tags });
}
