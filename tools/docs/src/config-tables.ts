import type { ConfigDef, ConfigKey } from "@millrace/connect-api";
import {
  CONNECTOR_CONFIG,
  DISTRIBUTED_CONFIG,
  OWN_CONNECTOR_CONFIG,
  OWN_SINK_CONFIG,
  OWN_SOURCE_CONFIG,
  SINK_CONNECTOR_CONFIG,
  SOURCE_CONNECTOR_CONFIG,
  STANDALONE_CONFIG,
  WORKER_CONFIG,
} from "@millrace/connect-runtime";

/** Keys of a worker's properties: of every worker, and of each kind. */
export function workerConfigTables(): string {
  return [
    table("Every worker", WORKER_CONFIG),
    table("`connect-distributed`", without(DISTRIBUTED_CONFIG, WORKER_CONFIG)),
    table("`connect-standalone`", without(STANDALONE_CONFIG, WORKER_CONFIG)),
  ].join("\n");
}

/** Keys that connectors have beside those of their plugin. */
export function connectorConfigTables(): string {
  return [
    table("Every connector", CONNECTOR_CONFIG),
    table("Sources", without(SOURCE_CONNECTOR_CONFIG, CONNECTOR_CONFIG)),
    table("Sinks", without(SINK_CONNECTOR_CONFIG, CONNECTOR_CONFIG)),
    table("Beyond Java: every connector", OWN_CONNECTOR_CONFIG),
    table("Beyond Java: sources", without(OWN_SOURCE_CONFIG, OWN_CONNECTOR_CONFIG)),
    table("Beyond Java: sinks", without(OWN_SINK_CONFIG, OWN_CONNECTOR_CONFIG)),
  ].join("\n");
}

function without(table: ConfigDef, known: ConfigDef): ConfigDef {
  return Object.fromEntries(Object.entries(table).filter(([key]) => !Object.hasOwn(known, key)));
}

function table(title: string, keys: ConfigDef): string {
  const rows = Object.entries<ConfigKey>(keys).map(
    ([key, { type, default: value, importance, doc }]) =>
      `| \`${key}\` | ${type} | ${shown(value)} | ${importance} | ${cell(doc)} |`,
  );
  return [
    `## ${title}`,
    "",
    "| key | type | default | importance | |",
    "|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function shown(value: ConfigKey["default"]): string {
  if (value === undefined) return "required";
  const text = Array.isArray(value) ? value.join(",") : String(value ?? "");
  return text === "" ? "" : `\`${cell(text)}\``;
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
