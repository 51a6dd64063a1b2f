import type { ConnectionSettings } from "../dialect.ts";
import { SOCKET_FACTORY, sortProperties, wholeProperty } from "../properties.ts";
import { splitOnce, UrlReader } from "../url-parts.ts";
import { ConfigError } from "@millrace/connect-api";

const PREFIX = "jdbc:sqlite:";

/** Classes of values that a date may be stored as (Java's driver: `date_class`). */
const DATE_CLASSES = ["INTEGER", "TEXT", "REAL"] as const;
export type DateClass = (typeof DATE_CLASSES)[number];

/** Which file, and how. */
export interface Target {
  readonly path: string;
  readonly readOnly: boolean;
  /** How long to wait for a lock. */
  readonly busyTimeoutMs: number;
  /** How points in time are stored; undefined looks at what there is. */
  readonly dateClass: DateClass | undefined;
  /** What an integer of `date_class` counts, in milliseconds. */
  readonly dateUnitMs: number;
  readonly properties: ReadonlyMap<string, string>;
}

const USED: ReadonlySet<string> = new Set(["busy_timeout", "date_class", "date_precision"]);
const IDLE: ReadonlySet<string> = new Set([
  "cache_size",
  "date_string_format",
  "foreign_keys",
  "journal_mode",
  "jdbc.explicit_readonly",
  "mmap_size",
  "open_mode",
  "synchronous",
  "temp_store",
  "transaction_mode",
]);

/**
 * Reads `jdbc:sqlite:/path/to/file.db?property=value`.
 * @throws {ConfigError} when it names no file
 */
export function parseTarget(settings: ConnectionSettings): Target {
  const reader = new UrlReader(withoutSecrets(settings.url));
  const [path, query = ""] = splitOnce(settings.url.slice(PREFIX.length), "?");
  if (path === "" || path === ":memory:" || path.startsWith(":")) {
    throw reader.invalid("Name a file: a database in memory is empty, and nobody else's");
  }
  const properties = new Map([...settings.properties, ...reader.pairs(query, "&")]);
  return {
    path: path.replace(/^file:(?:\/\/)?/, ""),
    readOnly: settings.readOnly ?? false,
    busyTimeoutMs: wholeProperty(properties, "busy_timeout", 1000, "milliseconds"),
    dateClass: dateClass(properties.get("date_class")),
    dateUnitMs: properties.get("date_precision")?.toUpperCase() === "SECONDS" ? 1000 : 1,
    properties,
  };
}

function dateClass(text: string | undefined): DateClass | undefined {
  if (text === undefined) return undefined;
  const found = DATE_CLASSES.find((known) => known === text.toUpperCase());
  if (found !== undefined) return found;
  throw new ConfigError(
    "connection.date_class",
    text,
    `Set it to one of: ${DATE_CLASSES.join(", ")}`,
  );
}

/** @throws {ConfigError} for a property that must not be ignored */
export function checkProperties({ properties }: Target): string[] {
  const cipher = "Encrypted files are not supported; decrypt the file";
  return sortProperties("SQLite", properties, {
    used: USED,
    idle: IDLE,
    refused: { cipher, key: cipher, hexkey_mode: cipher, socketFactory: SOCKET_FACTORY },
  });
}

/** The URL without what may be a password: its query. */
export function withoutSecrets(url: string): string {
  const [path, query] = splitOnce(url, "?");
  return path + (query === undefined ? "" : "?…");
}
