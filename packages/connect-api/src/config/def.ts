import type { Password } from "./password.ts";

export type ConfigType =
  | "BOOLEAN"
  | "STRING"
  | "INT"
  | "SHORT"
  | "LONG"
  | "DOUBLE"
  | "LIST"
  | "CLASS"
  | "PASSWORD";

export type Importance = "HIGH" | "MEDIUM" | "LOW";
export type Width = "NONE" | "SHORT" | "MEDIUM" | "LONG";

/** Parsed values by key, as recommenders see them; a key that failed to parse is absent. */
export type ParsedConfig = Readonly<Record<string, unknown>>;

/**
 * One key of a configuration table. Without `default` the key is required; `default:
 * null` makes it optional without a value.
 */
export interface ConfigKey {
  readonly type: ConfigType;
  readonly importance: Importance;
  /** What the key does, for people who have never seen it. */
  readonly doc: string;
  readonly default?: string | number | bigint | boolean | readonly string[] | null;

  /** Bounds of a number, inclusive. */
  readonly min?: number;
  readonly max?: number;
  /** The texts allowed (of each element, for a LIST). */
  readonly oneOf?: readonly string[];
  /** Compare `oneOf` without regard to case. */
  readonly ignoreCase?: boolean;
  /** Refuse an empty text or list. */
  readonly nonEmpty?: boolean;
  /** Keep what a LIST has more than once; by default the first of the same texts stands for all. */
  readonly keepDuplicates?: boolean;
  /** Refuse a LIST that has something more than once, or an empty text in it. */
  readonly distinct?: boolean;
  /**
   * Any other rule.
   * @returns what is wrong with the value, or undefined
   * @throws {ConfigError} where a message about key and value would not say it
   */
  readonly check?: (value: unknown, key: string) => string | undefined;
  /** Ask `check` of a value that is missing or could not be parsed, too: it gets null then. */
  readonly checksNull?: boolean;
  /** What messages about broken rules call the key, where it is another one. */
  readonly nameInRules?: string;

  /** Heading under which user interfaces show the key. */
  readonly group?: string;
  /** Position in the group; by default the order of the table. */
  readonly orderInGroup?: number;
  readonly width?: Width;
  readonly displayName?: string;
  /** Keys whose recommendations depend on this one. */
  readonly dependents?: readonly string[];
  /** Values to offer. */
  readonly recommend?: (key: string, config: ParsedConfig) => readonly unknown[];
  /** Whether the key matters, the others being as they are. */
  readonly visible?: (key: string, config: ParsedConfig) => boolean;
  /**
   * The Java plugin of the same class has no such key: REST shows it where a configuration sets
   * it, so that clients which know the Java plugin find what they know.
   */
  readonly beyondJava?: boolean;
  /** Left out of REST answers and documentation. */
  readonly internal?: boolean;
}

/**
 * A configuration table: the only source of a plugin's keys. The type of the parsed
 * configuration, validation, REST answers and the README's table all come from it.
 *
 * ```ts
 * export const CONFIG = {
 *   file: { type: "STRING", default: null, importance: "HIGH", doc: "File to read." },
 *   "batch.size": { type: "INT", default: 2000, min: 1, importance: "LOW", doc: "…" },
 * } as const satisfies ConfigDef;
 * export type Config = ConfigOf<typeof CONFIG>;
 * ```
 */
export type ConfigDef = Readonly<Record<string, ConfigKey>>;

type Parsed<K extends ConfigKey> = K["type"] extends "BOOLEAN"
  ? boolean
  : K["type"] extends "INT" | "SHORT" | "LONG" | "DOUBLE"
    ? number
    : K["type"] extends "LIST"
      ? readonly string[]
      : K["type"] extends "PASSWORD"
        ? Password
        : K extends { oneOf: readonly (infer Choice)[]; ignoreCase?: false }
          ? Choice
          : string;

/** The parsed configuration of a table: one typed property per key. */
export type ConfigOf<D extends ConfigDef> = {
  readonly [K in keyof D]: D[K] extends { default: null } ? Parsed<D[K]> | null : Parsed<D[K]>;
};
