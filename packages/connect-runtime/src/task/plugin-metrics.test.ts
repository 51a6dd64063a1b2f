import { expect, test } from "vitest";
import { pluginFamilies } from "../metrics/plugin-families.ts";
import { DEFAULT_WINDOWS } from "../metrics/sample-windows.ts";
import { monitor, PluginMetricsBook } from "./plugin-metrics.ts";

const TAGS = { connector: "c", task: "0" };

function open() {
  const faults: string[] = [];
  const book = new PluginMetricsBook(DEFAULT_WINDOWS, (name, error) =>
    faults.push(`${name}: ${(error as Error).message}`),
  );
  const shown = () => Object.fromEntries(book.values().map(({ name, value }) => [name, value]));
  return { book, metrics: book.of(TAGS), faults, shown };
}

test("a metric is measured when somebody looks, until it is removed", () => {
  const { book, metrics, shown } = open();
  expect(book.isEmpty).toBe(true);
  let size = 1;
  const name = metrics.metricName("queue-size", "Waiting", { queue: "in" });
  metrics.addMetric(name, () => size);
  size = 5;
  expect(book.values()).toEqual([
    {
      name: "queue-size",
      kind: "gauge",
      doc: "Waiting",
      tags: { connector: "c", task: "0", queue: "in" },
      value: 5,
    },
  ]);
  metrics.removeMetric(name);
  expect(shown()).toEqual({});
  expect(() => metrics.removeMetric(name)).toThrow(RangeError);
});

test("names must not clash, with each other and with the worker's tags", () => {
  const { book, metrics } = open();
  expect(() => metrics.metricName("n", "d", { task: "1" })).toThrow(/task, which the worker sets/);
  const twice = () => metrics.addMetric(metrics.metricName("n", "d"), () => 1);
  twice();
  expect(twice).toThrow(/There is a metric n\{connector="c",task="0"\} already/);
  const other = book.of({ ...TAGS, converter: "key" });
  other.addMetric(other.metricName("n", "d"), () => 2);
  expect(book.values()).toHaveLength(2);
  metrics.addSensor("s");
  expect(() => metrics.addSensor("s")).toThrow(RangeError);
  other.addSensor("s");
});

test("a sensor keeps the statistics that were asked for, and goes with them", () => {
  const { metrics, shown, book } = open();
  const sensor = metrics.addSensor("sizes");
  const stats = ["avg", "count", "max", "min", "rate", "total"] as const;
  for (const stat of stats) sensor.add(metrics.metricName(stat, stat), stat);
  expect(shown()).toEqual({ count: 0, rate: 0, total: 0 });
  sensor.record(2);
  sensor.record(4);
  expect(shown()).toEqual({ avg: 3, count: 2, max: 4, min: 2, rate: 0.2, total: 6 });
  expect(
    book
      .values()
      .filter(({ kind }) => kind === "counter")
      .map(({ name }) => name),
  ).toEqual(["count", "total"]);
  metrics.removeSensor("sizes");
  expect(book.isEmpty).toBe(true);
});

test("one that throws is told of once, and left out", () => {
  const { metrics, faults, shown } = open();
  metrics.addMetric(metrics.metricName("bad", "d"), () => {
    throw new Error("broken");
  });
  metrics.addMetric(metrics.metricName("good", "d"), () => 1);
  expect([shown(), shown()]).toEqual([{ good: 1 }, { good: 1 }]);
  expect(faults).toEqual(["bad: broken"]);
});

test("plugins that keep metrics are given some, others are left alone", () => {
  const { metrics, shown } = open();
  monitor({}, metrics);
  monitor(
    {
      count: 3,
      withPluginMetrics(this: { count: number }, given: typeof metrics) {
        given.addMetric(given.metricName("count", "d"), () => this.count);
      },
    },
    metrics,
  );
  expect(shown()).toEqual({ count: 3 });
});

test("they are families of their own, whose texts are labels", () => {
  const common = { kind: "gauge", doc: "D." } as const;
  expect(
    pluginFamilies([
      { ...common, name: "queue-size", tags: { "my.tag": "x" }, value: 5 },
      { ...common, name: "mood", tags: {}, value: "good" },
      { ...common, name: "queue-size", tags: { "my.tag": "y" }, value: 6 },
    ]),
  ).toEqual([
    {
      ...common,
      name: "kafka_connect_plugins_queue_size",
      series: [
        { labels: { my_tag: "x" }, value: 5 },
        { labels: { my_tag: "y" }, value: 6 },
      ],
    },
    {
      ...common,
      name: "kafka_connect_plugins_mood",
      series: [{ labels: { value: "good" }, value: 1 }],
    },
  ]);
});
