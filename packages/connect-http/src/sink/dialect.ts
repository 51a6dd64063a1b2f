import {
  type ConfigDef,
  ConfigError,
  type ConfigOf,
  parseConfig,
  type Props,
} from "@millrace/connect-api";
import { type OtherKey, refusedKeys } from "../other-keys.ts";
import type { ConfigProblem } from "../problems.ts";
import { SettingsReader } from "../settings-reader.ts";
import type { SinkSettings } from "./settings.ts";

/** The keys of one Java connector, and what they say. */
export interface SinkDialect<D extends ConfigDef = ConfigDef> {
  readonly config: D;
  /** The keys that a configuration may have, where they depend on it. */
  configOf?(props: Props): ConfigDef;
  readonly otherKeys: readonly OtherKey[];
  /** One for each API that records are sent to. */
  settings(config: ConfigOf<D>, read: SettingsReader, props: Props): readonly SinkSettings[];
}

export function configOf(dialect: SinkDialect, props: Props): ConfigDef {
  return dialect.configOf?.(props) ?? dialect.config;
}

/** What a configuration says, and what is wrong with keys that are right one by one. */
export function readSettings(
  dialect: SinkDialect,
  props: Props,
): { settings: readonly SinkSettings[]; problems: readonly ConfigProblem[] } {
  const read = new SettingsReader();
  const config = parseConfig(configOf(dialect, props), props);
  const settings = dialect.settings(config, read, props);
  const refused = refusedKeys(dialect.otherKeys, props);
  return { settings, problems: [...refused, ...read.problems] };
}

/**
 * Reads a task's or connector's configuration.
 * @throws {ConfigError} for the first thing that is wrong with it
 */
export function settingsOf(dialect: SinkDialect, props: Props): readonly SinkSettings[] {
  const { settings, problems } = readSettings(dialect, props);
  const [problem] = problems;
  if (problem !== undefined) throw new ConfigError(problem.message);
  return settings;
}
