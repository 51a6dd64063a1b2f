import type { Family, Kind, Labels, Series } from "./group.ts";
import { labelName } from "./context.ts";

/** Begins the names of plugins' metrics: Java has them in MBeans of `type=plugins`. */
const PREFIX = "kafka_connect_plugins_";

/** What a metric of a plugin shows at one moment. */
export interface PluginMetric {
  readonly name: string;
  readonly kind: Kind;
  readonly doc: string;
  readonly tags: Labels;
  readonly value: number | string;
}

/** Metrics that plugins keep, as families: a text is a label of a series that is 1. */
export function pluginFamilies(metrics: readonly PluginMetric[]): Family[] {
  const families = new Map<string, Family & { readonly series: Series[] }>();
  for (const { name, kind, doc, tags, value } of metrics) {
    const full = PREFIX + labelName(name);
    let family = families.get(full);
    if (family === undefined) families.set(full, (family = { name: full, kind, doc, series: [] }));
    const labels = Object.fromEntries(
      Object.entries(tags).map(([tag, text]) => [labelName(tag), text] as const),
    );
    family.series.push(
      typeof value === "number" ? { labels, value } : { labels: { ...labels, value }, value: 1 },
    );
  }
  return [...families.values()];
}
