import { readFileSync } from "node:fs";
import { type ConfigDef, type ConfigKey, defaultOf, printed } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { CLIENT_TABLES } from "./client-tables.ts";
import { SINK_CONNECTOR_CONFIG, SOURCE_CONNECTOR_CONFIG } from "./connector-config.ts";
import { DISTRIBUTED_CONFIG } from "./distributed-config.ts";
import { STANDALONE_CONFIG } from "./worker-config.ts";

interface Recorded {
  readonly type: string;
  readonly required: boolean;
  readonly default: string | null;
  readonly importance: string;
  readonly group: string | null;
  readonly order: number;
  readonly width: string;
  readonly display_name: string;
  readonly dependents: readonly string[];
}

const { tables } = JSON.parse(
  readFileSync(new URL("../../test/golden/config-defs.json", import.meta.url), "utf8"),
) as { tables: Record<string, Record<string, Recorded>> };

/** Keys that only this worker has. */
const OWN_KEYS = ["task.thread.max.heap.mb", "task.thread.stuck.ms", "task.threads"];

/** A worker's own Kafka clients are set up by keys without a prefix, which the client checks. */
const DISTRIBUTED = Object.keys(DISTRIBUTED_CONFIG);
const CLIENT_KEYS = [...Object.keys(CLIENT_TABLES.ADMIN), "send.buffer.bytes"].filter(
  (key) => !DISTRIBUTED.includes(key),
);

describe.each<[string, ConfigDef, string[]]>([
  ["StandaloneConfig", STANDALONE_CONFIG, OWN_KEYS],
  ["DistributedConfig", DISTRIBUTED_CONFIG, [...OWN_KEYS, "rest.wait.for.rebalance.ms"]],
  ["SourceConnectorConfig", SOURCE_CONNECTOR_CONFIG, []],
  ["SinkConnectorConfig", SINK_CONNECTOR_CONFIG, []],
])("%s", (name, table, own) => {
  const recorded = Object.fromEntries(
    Object.entries(tables[name]!).filter(
      ([key]) => name !== "DistributedConfig" || !CLIENT_KEYS.includes(key),
    ),
  );

  test("has Java's keys", () => {
    const ours = Object.keys(table).filter((key) => !own.includes(key));
    expect(ours.toSorted()).toEqual(Object.keys(recorded).toSorted());
  });

  test.each(Object.entries(recorded))("%s is as in Java", (key, java) => {
    const ours = table[key] as ConfigKey;
    expect({
      type: ours.type,
      required: ours.default === undefined,
      default: printed(ours, defaultOf(ours)),
      importance: ours.importance,
      group: ours.group ?? null,
      order: ours.orderInGroup ?? -1,
      width: ours.width ?? "NONE",
      display_name: ours.displayName ?? key,
      dependents: ours.dependents ?? [],
    }).toEqual(java);
  });
});
