import { type ConfigDef, parseConfig, type Props, validateConfig } from "@millrace/connect-api";
import { CONFIG, type Config } from "../config.ts";

/** As Debezium reads choices: whatever their case, and with spaces around. */
function spelledOut(props: Props): Props {
  const spelled: Record<string, string> = { ...props };
  for (const [name, { oneOf }] of Object.entries<ConfigDef[string]>(CONFIG)) {
    const value = props[name];
    if (oneOf !== undefined && value !== undefined) spelled[name] = value.trim().toLowerCase();
  }
  return spelled;
}

/** @throws {ConfigError} for the first key that is missing or wrong */
export function parseCdcConfig(props: Props): Config {
  return parseConfig(CONFIG, spelledOut(props));
}

/** What is wrong with the keys that have an effect, by the table of their own. */
export function checkOwnKeys(props: Props): ReturnType<typeof validateConfig> {
  return validateConfig(CONFIG, spelledOut(props));
}
