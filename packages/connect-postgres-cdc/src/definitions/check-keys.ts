import type { ConfigValue, Props } from "@millrace/connect-api";
import { DEBEZIUM_KEYS } from "./debezium-keys.ts";
import { givenIn, RULES } from "./rules.ts";

const DEFAULTS: Props = Object.fromEntries(
  DEBEZIUM_KEYS.flatMap(({ name, default: value }) =>
    value === null ? [] : [[name, Array.isArray(value) ? value.join(",") : String(value)]],
  ),
);

/**
 * Judges a configuration by each of Debezium's keys. As with Debezium the answers have no values:
 * what is shown is what is offered, and what is wrong.
 */
export function checkKeys(props: Props): ConfigValue[] {
  const config = givenIn(props, DEFAULTS);
  return DEBEZIUM_KEYS.map((key) => ({
    name: key.name,
    value: null,
    recommendedValues: [...(key.choices ?? [])],
    visible: key.visible ?? true,
    errors: key.rules
      .flatMap((rule) => RULES[rule](config(key.name), key, config))
      .map((problem) => `The '${key.name}' value is invalid: ${problem}`),
  }));
}
