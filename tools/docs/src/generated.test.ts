import { METRIC_GROUPS, type MetricGroup, metricName } from "@millrace/connect-runtime";
import { expect, test } from "vitest";
import { expressions } from "./dashboard.ts";
import { GENERATED, read } from "./generated.ts";

test.each(GENERATED)("docs/$name is what pnpm docs:write writes", ({ name, content }) => {
  const now = read(name);
  expect(now).toBe(content(now));
});

const groups: readonly MetricGroup<never>[] = METRIC_GROUPS;
const METRICS = groups.flatMap((group) => [
  ...(group.texts ? [group.name] : []),
  ...Object.keys(group.attributes).map((attribute) => metricName(group, attribute)),
]);

test.each(expressions())("the dashboard's %s is of metrics that there are", (expression) => {
  const names =
    expression.match(/\b(?:kafka_(?:connect|producer|consumer)|millrace|process|nodejs)_\w+/g) ??
    [];
  expect(names).not.toEqual([]);
  expect(names.filter((name) => !METRICS.includes(name))).toEqual([]);
});
