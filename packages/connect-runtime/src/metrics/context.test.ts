import { expect, test } from "vitest";
import { Logging } from "../logging.ts";
import { contextLabels, metricsContext } from "./context.ts";
import { warnOfReporters } from "./reporters.ts";

test("what operators say of a worker is known by its name, and by one that labels can have", () => {
  const context = metricsContext({
    "metrics.context.data-center": "north",
    "metrics.context.2nd.key": "x",
    "metrics.context.": "nameless",
    "metrics.num.samples": "2",
  });
  expect(context).toEqual({ "data-center": "north", "2nd.key": "x" });
  expect(contextLabels(context)).toEqual({ data_center: "north", _2nd_key: "x" });
});

test("reporters that cannot run here are named, but not JMX, which is meant by all of this", () => {
  const warnings: string[] = [];
  const logger = new Logging(({ message }) => warnings.push(message)).logger("metrics");
  warnOfReporters(["org.apache.kafka.common.metrics.JmxReporter", "io.acme.Reporter"], logger);
  expect(warnings).toEqual([
    expect.stringMatching(/^metric\.reporters names io\.acme\.Reporter.*\/metrics/),
  ]);
});
