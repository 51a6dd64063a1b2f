import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Group, metricName } from "./group.ts";
import { GROUPS } from "./metrics.ts";

/**
 * Not to be found here: the network client that carries Java's group membership, how many
 * metrics there are, and app-info, whose key Java writes in two ways.
 */
const NOT_HERE = ["connect-metrics", "connect-node-metrics", "kafka-metrics-count", "app-info"];

/** The MBeans that a Java worker had in its domain, with several connectors at work. */
const MBEANS = readFileSync(new URL("../../test/golden/mbean-names.txt", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .filter((mbean) => !NOT_HERE.includes(typeOf(mbean)));

const groups: readonly Group<never>[] = GROUPS;

test.each(MBEANS)("Java's %s has its group", (mbean) => {
  const type = typeOf(mbean);
  const keys = [...mbean.matchAll(/[:,]([^=]+)=/g)].map(([, key]) => key!.replace("-", "_"));
  const group = groups.find(
    ({ javaType, labels }) =>
      javaType === type && ["type", ...Object.keys(labels)].toString() === keys.toString(),
  );
  expect(group?.name).toBe(`kafka_connect_${type.replaceAll("-", "_")}`);
});

function typeOf(mbean: string): string {
  return /type=([^,]+)/.exec(mbean)![1]!;
}

/** Attributes of these MBeans, which Java's documentation lists and its operators know. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "connector-metrics": "status connector-type connector-class connector-version",
  "connector-task-metrics":
    "status running-ratio pause-ratio offset-commit-max-time-ms offset-commit-avg-time-ms offset-commit-failure-percentage offset-commit-success-percentage batch-size-max batch-size-avg connector-class connector-type connector-version task-class task-version key-converter-class key-converter-version value-converter-class value-converter-version header-converter-class header-converter-version",
  "connector-transform-metrics": "transform-class transform-version",
  "connector-predicate-metrics": "predicate-class predicate-version",
  "source-task-metrics":
    "source-record-poll-rate source-record-poll-total source-record-write-rate source-record-write-total poll-batch-max-time-ms poll-batch-avg-time-ms source-record-active-count source-record-active-count-max source-record-active-count-avg transaction-size-min transaction-size-max transaction-size-avg",
  "sink-task-metrics":
    "sink-record-read-rate sink-record-read-total sink-record-send-rate sink-record-send-total sink-record-lag-max partition-count offset-commit-seq-no offset-commit-completion-rate offset-commit-completion-total offset-commit-skip-rate offset-commit-skip-total put-batch-max-time-ms put-batch-avg-time-ms sink-record-active-count sink-record-active-count-max sink-record-active-count-avg",
  "task-error-metrics":
    "total-record-failures total-record-errors total-records-skipped total-retries total-errors-logged deadletterqueue-produce-requests deadletterqueue-produce-failures last-error-timestamp",
  "connect-worker-metrics":
    "connector-count task-count connector-startup-attempts-total connector-startup-success-total connector-startup-success-percentage connector-startup-failure-total connector-startup-failure-percentage task-startup-attempts-total task-startup-success-total task-startup-success-percentage task-startup-failure-total task-startup-failure-percentage connector-total-task-count connector-running-task-count connector-paused-task-count connector-failed-task-count connector-unassigned-task-count connector-destroyed-task-count connector-restarting-task-count",
  "connect-worker-rebalance-metrics":
    "connect-protocol leader-name epoch completed-rebalances-total rebalancing rebalance-max-time-ms rebalance-avg-time-ms time-since-last-rebalance-ms",
  "connect-coordinator-metrics": "assigned-connectors assigned-tasks",
};

test.each(Object.entries(ATTRIBUTES))("%s has Java's attributes", (type, attributes) => {
  const own = groups
    .filter(({ javaType }) => javaType === type)
    .flatMap((group) => [...Object.keys(group.texts ?? {}), ...Object.keys(group.attributes)]);
  const expected = attributes.split(" ");
  expect(own.filter((name) => expected.includes(name)).toSorted()).toEqual(expected.toSorted());
});

test("names are Prometheus', each of one kind, and said what they mean", () => {
  const kinds = new Map<string, string>();
  for (const group of groups) {
    for (const [attribute, { kind, doc }] of Object.entries(group.attributes)) {
      const name = metricName(group, attribute);
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(doc).toMatch(/^[A-Z0-9].*\.$/s);
      expect(kinds.get(name) ?? kind).toBe(kind);
      kinds.set(name, kind);
    }
  }
});
