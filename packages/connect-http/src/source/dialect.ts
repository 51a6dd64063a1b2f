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
import type { SourceSettings } from "./settings.ts";

/** The keys of one connector, and what they say. */
export interface SourceDialect<D extends ConfigDef = ConfigDef> {
  readonly config: D;
  readonly otherKeys: readonly OtherKey[];
  /** The key that lists entities; tasks share them. */
  readonly entitiesKey: string;
  settings(config: ConfigOf<D>, read: SettingsReader): SourceSettings;
}

/** What a configuration says, and what is wrong with keys that are right one by one. */
export function readSourceSettings(
  dialect: SourceDialect,
  props: Props,
): { settings: SourceSettings; problems: readonly ConfigProblem[] } {
  const read = new SettingsReader();
  const settings = dialect.settings(parseConfig(dialect.config, props), read);
  const refused = refusedKeys(dialect.otherKeys, props);
  return { settings, problems: [...refused, ...read.problems] };
}

/**
 * Reads a task's or connector's configuration.
 * @throws {ConfigError} for the first thing that is wrong with it
 */
export function sourceSettingsOf(dialect: SourceDialect, props: Props): SourceSettings {
  const { settings, problems } = readSourceSettings(dialect, props);
  const [problem] = problems;
  if (problem !== undefined) throw new ConfigError(problem.message);
  return settings;
}
