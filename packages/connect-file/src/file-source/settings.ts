import { isAbsolute, resolve } from "node:path";
import { ConfigError, parseConfig, type Props } from "@millrace/connect-api";
import { characterOf, CONFIG, type Config } from "./config.ts";
import { characters } from "./decode/characters.ts";
import { CsvDecoder } from "./decode/csv-decoder.ts";
import { LineDecoder } from "./decode/line-decoder.ts";
import { MultilineDecoder } from "./decode/multiline-decoder.ts";
import { NdjsonDecoder } from "./decode/ndjson-decoder.ts";
import type { Decoder } from "./decode/units.ts";

/** Keys of a task's configuration that the connector adds. */
export const TASK_NUMBER = "millrace.task.number";
export const TASK_COUNT = "millrace.task.count";

/**
 * The typed configuration, its keys checked against each other.
 * @throws {ConfigError} naming the first key that is wrong
 */
export function settingsOf(props: Props): Config {
  const config = parseConfig(CONFIG, props);
  const [wrong] = conflicts(config);
  if (wrong !== undefined) throw wrong;
  return config;
}

/** What is wrong between keys that are right by themselves. */
export function conflicts(config: Config): ConfigError[] {
  const errors: ConfigError[] = [];
  const refuse = (key: keyof Config, why: string) =>
    errors.push(new ConfigError(key, config[key], why));
  for (const path of patternsOf(config)) {
    if (!isAbsolute(path)) refuse("paths", `${path} is no absolute path`);
  }
  if (config["invalid.records"] === "topic" && !config["invalid.records.topic"]) {
    refuse("invalid.records.topic", "invalid.records=topic needs it");
  }
  if (config["ingest.cleanup"] !== "none" && config.mode === "tail") {
    refuse("ingest.cleanup", "Files that grow are never complete: it needs mode=ingest");
  }
  if (config["ingest.cleanup"] === "move" && !isAbsolute(config["ingest.move.to"] ?? "")) {
    refuse("ingest.move.to", "ingest.cleanup=move needs a folder, by its absolute path");
  }
  if (config["multiline.start"] && config.decoder !== "line") {
    refuse("multiline.start", "It needs decoder=line");
  }
  if (config.decoder === "csv" && !config["csv.header"] && config["csv.columns"].length === 0) {
    refuse("csv.columns", "Without a header it must name the columns");
  }
  if (config["csv.separator"] === config["csv.quote"]) {
    refuse("csv.quote", "It must not be the separator");
  }
  return errors;
}

/** Patterns are separated by commas, but for those within `{}`. */
export function patternsOf({ paths }: Pick<Config, "paths">): string[] {
  return joined(paths);
}

/** Patterns of files to leave out; what has been moved is not read again. */
export function excludedBy(config: Config): string[] {
  const moved = config["ingest.move.to"];
  const marker = config["ingest.marker.suffix"];
  return [
    ...joined(config["exclude.paths"]),
    ...(moved ? [`${resolve(moved)}/**`] : []),
    ...(marker ? [`/**/*${marker}`] : []),
  ];
}

export function decoderOf(config: Config): Decoder {
  const text = characters.of(config.encoding);
  const refusesInvalid = config["invalid.characters"] === "invalid";
  const start = config["multiline.start"];
  switch (config.decoder) {
    case "line":
      return start
        ? new MultilineDecoder(text, new RegExp(start), refusesInvalid)
        : new LineDecoder(text, refusesInvalid);
    case "ndjson":
      return new NdjsonDecoder(text, refusesInvalid);
    case "csv":
      return new CsvDecoder(
        text,
        {
          separator: characterOf(config["csv.separator"]),
          quote: characterOf(config["csv.quote"]),
          hasHeader: config["csv.header"],
          columns: config["csv.columns"],
          types: config["csv.types"],
        },
        refusesInvalid,
      );
  }
}

function joined(parts: readonly string[]): string[] {
  const patterns: string[] = [];
  let open: string | null = null;
  for (const part of parts) {
    const pattern: string = open === null ? part : `${open},${part}`;
    const depth = pattern.split("{").length - pattern.split("}").length;
    if (depth > 0) {
      open = pattern;
    } else {
      patterns.push(pattern);
      open = null;
    }
  }
  if (open !== null) patterns.push(open);
  return patterns;
}
