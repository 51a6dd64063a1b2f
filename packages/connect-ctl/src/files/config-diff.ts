import type { Config } from "../client/answers.ts";
import { UsageError } from "../exit-codes.ts";
import { HIDDEN, hideUrlPassword, type SecretKeys } from "./secrets.ts";

/** A key whose value changes; values as they may be shown. */
export interface KeyChange {
  readonly key: string;
  readonly change: "added" | "removed" | "changed";
  readonly from?: string;
  readonly to?: string;
}

/** What would change, by key. `name` says nothing: it is the same. */
export function diffConfigs(before: Config, after: Config, secrets: SecretKeys): KeyChange[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  keys.delete("name");
  return [...keys].toSorted().flatMap((key): KeyChange[] => {
    const from = valueOf(before, key);
    const to = valueOf(after, key);
    if (from === to) return [];
    if (from === undefined) return [{ key, change: "added", to: secrets.shown(key, to!) }];
    if (to === undefined) return [{ key, change: "removed", from: secrets.shown(key, from) }];
    const shown = { from: secrets.shown(key, from), to: secrets.shown(key, to) };
    return [{ key, change: "changed", ...shown }];
  });
}

/**
 * A configuration that was printed has `[hidden]` for its secrets: they stay what they are.
 * @throws {UsageError} for one that there is no value of
 */
export function keepHidden(name: string, before: Config, after: Config): Config {
  const entries = Object.entries(after).map(([key, value]) => {
    if (!value.includes(HIDDEN)) return [key, value];
    const kept = valueOf(before, key);
    // Something else in a value that holds a password was edited: what is meant is not known.
    const unedited = kept !== undefined && (value === HIDDEN || value === hideUrlPassword(kept));
    if (unedited) return [key, kept];
    throw new UsageError(
      `${name}: "${key}" holds ${HIDDEN}, and the connector has no such value that could be kept: write the value, or a config provider's variable`,
    );
  });
  return Object.fromEntries(entries) as Config;
}

function valueOf(config: Config, key: string): string | undefined {
  return Object.hasOwn(config, key) ? config[key] : undefined;
}
