import {
  type ConfigDef,
  type ConfigKey,
  type ConfigValue,
  defaultOf,
  Password,
  printed,
} from "@millrace/connect-api";
import type { Definition, ValueInfo } from "./config-infos.ts";

/** A table as REST shows it, by key; internal keys are left out. */
export function definitionsOf(def: ConfigDef, prefix = ""): Map<string, Definition> {
  const orderIn = new Map<string, number>();
  const definitions = new Map<string, Definition>();
  for (const [name, key] of Object.entries(def)) {
    const position = key.group === undefined ? -1 : (orderIn.get(key.group) ?? 0) + 1;
    if (key.group !== undefined) orderIn.set(key.group, position);
    if (key.internal) continue;
    definitions.set(prefix + name, {
      name: prefix + name,
      type: key.type,
      required: key.default === undefined,
      default_value: printed(key, defaultOf(key)),
      importance: key.importance,
      documentation: key.doc,
      group: key.group ?? null,
      order_in_group: key.orderInGroup ?? position,
      width: key.width ?? "NONE",
      display_name: key.displayName ?? name,
      dependents: (key.dependents ?? []).map((dependent) => prefix + dependent),
    });
  }
  return definitions;
}

/** Headings of a table in the order in which they first appear. */
export function groupsOf(def: ConfigDef): string[] {
  const groups = Object.values(def).flatMap(({ group }) => (group === undefined ? [] : [group]));
  return [...new Set(groups)];
}

/** What validation says of one key, as REST shows it; secrets are hidden whatever their key's type (I5). */
export function valueInfoOf(
  value: ConfigValue,
  type: ConfigKey["type"] | undefined,
  prefix = "",
): ValueInfo {
  const print = (v: unknown, as: ConfigKey["type"]) =>
    v instanceof Password ? "[hidden]" : printed({ type: as }, v);
  const element = type === "LIST" ? "STRING" : (type ?? "STRING");
  return {
    name: prefix + value.name,
    value: print(value.value, type ?? "STRING"),
    recommended_values: value.recommendedValues.map((v) => print(v, element) ?? "null"),
    errors: value.errors,
    visible: value.visible,
  };
}
