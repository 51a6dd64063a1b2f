import {
  ConfigError,
  type ConfigDef,
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
  readonly otherKeys: readonly OtherKey[];
  /** The key that has the address. */
  readonly urlKey: string;
  settings(config: ConfigOf<D>, read: SettingsReader): SinkSettings;
}

/** What a configuration says, and what is wrong with keys that are right one by one. */
export function readSettings(
  dialect: SinkDialect,
  props: Props,
): { settings: SinkSettings; problems: readonly ConfigProblem[] } {
  const read = new SettingsReader();
  const settings = dialect.settings(parseConfig(dialect.config, props), read);
  const refused = refusedKeys(dialect.otherKeys, props);
  return { settings, problems: [...refused, ...read.problems] };
}

/**
 * Reads a task's or connector's configuration.
 * @throws {ConfigError} for the first thing that is wrong with it
 */
export function settingsOf(dialect: SinkDialect, props: Props): SinkSettings {
  const { settings, problems } = readSettings(dialect, props);
  const [problem] = problems;
  if (problem !== undefined) throw new ConfigError(problem.message);
  return settings;
}
