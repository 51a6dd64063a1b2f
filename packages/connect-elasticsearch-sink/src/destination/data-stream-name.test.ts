import { expect, test } from "vitest";
import { dataStreamName, dataStreamPartProblem } from "./data-stream-name.ts";

test.each([
  ["${topic}", "Orders", "logs-shop-orders"],
  ["eu_${topic}", "Orders", "logs-shop-eu_orders"],
  ["prod", "Orders", "logs-shop-prod"],
  ["${topic}", "x".repeat(120), `logs-shop-${"x".repeat(100)}`],
])("namespace %s for topic %s", (namespace, topic, name) => {
  expect(dataStreamName({ type: "logs", dataset: "shop", namespace }, topic)).toBe(name);
});

test.each(["", "shop", "shop.eu_1", "${topic}", "a${topic}b"])("%j may be a part", (part) => {
  expect(dataStreamPartProblem(part)).toBeUndefined();
});

test.each(["Shop", "a-b", "a b", "a:b", "a/b", "a,b", "${Topic}-x", "x".repeat(101)])(
  "%j may not",
  (part) => {
    expect(dataStreamPartProblem(part)).toMatch(/^must/);
  },
);
