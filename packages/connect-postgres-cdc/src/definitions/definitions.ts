import type { ConfigDef, ConfigKey } from "@millrace/connect-api";
import { CONFIG } from "../config.ts";
import { DEBEZIUM_KEYS, type DebeziumKey } from "./debezium-keys.ts";

const OWN: ConfigDef = CONFIG;

/**
 * The keys as clients are shown them: Debezium's in its groups and order, then those that it does
 * not list, where they are given. What has an effect is parsed by `CONFIG`.
 */
export const DEFINITIONS: ConfigDef = {
  ...Object.fromEntries(DEBEZIUM_KEYS.map((key) => [key.name, shown(key)])),
  ...Object.fromEntries(unlisted().map(([name, key]) => [name, { ...key, beyondJava: true }])),
};

function shown(key: DebeziumKey & { readonly group: string }): ConfigKey {
  const { type, default: value, importance, group, orderInGroup, width, displayName } = key;
  const { name, choices, dependents, visible, doc = OWN[name]!.doc } = key;
  return {
    type,
    default: value,
    importance,
    group,
    orderInGroup,
    width,
    displayName,
    doc,
    ...(dependents && { dependents }),
    ...(choices && { recommend: () => choices }),
    ...(visible === false && { visible: () => false }),
  };
}

/** Keys of `CONFIG` that Debezium's list lacks. */
export function unlisted(): [string, ConfigKey][] {
  const listed = new Set(DEBEZIUM_KEYS.map(({ name }) => name));
  return Object.entries(OWN).filter(([name]) => !listed.has(name));
}
