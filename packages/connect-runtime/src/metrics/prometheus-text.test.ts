import { expect, test } from "vitest";
import type { Family } from "./group.ts";
import { prometheusText } from "./prometheus-text.ts";

const family = (series: Family["series"], name = "a_total"): Family => ({
  name,
  kind: "counter",
  doc: "What\nit \\ says.",
  series,
});

test("names, texts and numbers are written as the format wants them", () => {
  const text = prometheusText([
    family([
      { labels: {}, value: 1.5 },
      { labels: { connector: 'a "b" \\ c\nd', task: "0" }, value: Number.NaN },
      { labels: { task: "1" }, value: Number.POSITIVE_INFINITY },
      { labels: { task: "2" }, value: 1e21 },
    ]),
  ]);
  expect(text).toBe(
    [
      "# HELP a_total What\\nit \\\\ says.",
      "# TYPE a_total counter",
      "a_total 1.5",
      'a_total{connector="a \\"b\\" \\\\ c\\nd",task="0"} NaN',
      'a_total{task="1"} +Inf',
      'a_total{task="2"} 1e+21',
      "",
    ].join("\n"),
  );
});

test("series of one name stand together, whoever has them", () => {
  const text = prometheusText([
    family([{ labels: { n: "1" }, value: 1 }]),
    family([{ labels: {}, value: 2 }], "b_total"),
    family([{ labels: { n: "3" }, value: 3 }]),
  ]);
  expect(text.split("\n").filter((line) => !line.startsWith("#"))).toEqual([
    'a_total{n="1"} 1',
    'a_total{n="3"} 3',
    "b_total 2",
    "",
  ]);
  expect(text.match(/# TYPE a_total/g)).toHaveLength(1);
});

test("labels of the context go to every series and hide none of its own", () => {
  const families = [family([{ labels: { task: "0" }, value: 1 }]), family([], "none_total")];
  expect(prometheusText(families, { site: "north", task: "x" })).toContain(
    'a_total{site="north",task="0"} 1\n',
  );
});
