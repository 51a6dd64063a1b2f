import type { ConfigDef, ConfigOf } from "@millrace/connect-api";
import { characters } from "./decode/characters.ts";
import { csvColumnType } from "./decode/csv-types.ts";

export const CONFIG = {
  paths: {
    type: "LIST",
    nonEmpty: true,
    keepDuplicates: true,
    importance: "HIGH",
    doc: "Files to read: absolute paths, or patterns of them with `*`, `**`, `?`, `[a-z]`, `{a,b}`.",
  },
  topic: {
    type: "STRING",
    nonEmpty: true,
    importance: "HIGH",
    doc: "Topic that gets one record per line, event, object or row.",
  },
  mode: {
    type: "STRING",
    default: "tail",
    oneOf: ["tail", "ingest"],
    importance: "HIGH",
    doc: "`tail`: files grow and are rotated; they are followed for ever. `ingest`: files are complete once they are still; each is read once, to its end.",
  },
  decoder: {
    type: "STRING",
    default: "line",
    oneOf: ["line", "ndjson", "csv"],
    importance: "HIGH",
    doc: "What a file is made of: `line` = texts, `ndjson` = a JSON value per line, `csv` = rows.",
  },
  encoding: {
    type: "STRING",
    default: "utf-8",
    check: (value) => characters.refusal(value as string),
    importance: "MEDIUM",
    doc: "Encoding of the files, by its name on the web: `utf-8`, `utf-16le`, `windows-1252`, `shift_jis` and others.",
  },
  "exclude.paths": {
    type: "LIST",
    default: [],
    keepDuplicates: true,
    importance: "MEDIUM",
    doc: "Patterns of files that are left out.",
  },
  "batch.size": {
    type: "INT",
    default: 2000,
    min: 1,
    importance: "LOW",
    doc: "Most records that the task hands over at a time.",
  },
  "scan.interval.ms": {
    type: "INT",
    default: 5000,
    min: 10,
    importance: "MEDIUM",
    doc: "How often new and quiet files are looked for. Files that were busy lately are looked at within a second anyway; with very many files a tenth of the time at most goes into looking.",
  },
  "rotate.wait.ms": {
    type: "INT",
    default: 1000,
    min: 0,
    importance: "LOW",
    doc: "How long a file that was renamed or deleted is still read after it was silent, before the one that took its place.",
  },
  "max.open.files": {
    type: "INT",
    default: 256,
    min: 1,
    importance: "LOW",
    doc: "Most files that a task keeps open; those read longest ago are closed, and opened again when they grow.",
  },
  "max.record.bytes": {
    type: "INT",
    default: 1_000_000,
    min: 1,
    max: 256 * 1024 * 1024,
    importance: "MEDIUM",
    doc: "Longest line, event or row. Kafka takes records of 1 MiB unless it is told otherwise.",
  },
  "record.too.long": {
    type: "STRING",
    default: "invalid",
    oneOf: ["invalid", "truncate"],
    importance: "LOW",
    doc: "What is done with longer ones: `invalid` = as `invalid.records` says, `truncate` = a line is cut at the limit; of other decoders they stay invalid.",
  },
  "invalid.records": {
    type: "STRING",
    default: "fail",
    oneOf: ["fail", "skip", "topic"],
    importance: "MEDIUM",
    doc: "What is done with what cannot be decoded: `fail` = the task fails and names file and position, `skip` = a warning, `topic` = its bytes go to `invalid.records.topic`.",
  },
  "invalid.records.topic": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    doc: "Topic for the bytes of what cannot be decoded; headers tell file, position and reason.",
  },
  "invalid.characters": {
    type: "STRING",
    default: "replace",
    oneOf: ["replace", "invalid"],
    importance: "LOW",
    doc: "What is done with bytes that are not of the encoding: `replace` = they become U+FFFD, `invalid` = the record is one that cannot be decoded.",
  },
  key: {
    type: "STRING",
    default: "none",
    oneOf: ["none", "path"],
    importance: "MEDIUM",
    doc: "Key of the records: `path` = the path of the file, so that its records stay in order in a topic with several partitions.",
  },
  "file.headers": {
    type: "BOOLEAN",
    default: false,
    importance: "LOW",
    doc: "Whether records tell where they come from, in the headers `file.path` and `file.position`.",
  },
  "multiline.start": {
    type: "STRING",
    default: null,
    check: (value) => patternRefusal(value as string),
    importance: "MEDIUM",
    doc: "Regular expression of lines that begin an event; others are added to the event before them. Only with the decoder `line`.",
  },
  "multiline.timeout.ms": {
    type: "INT",
    default: 2000,
    min: 0,
    importance: "LOW",
    doc: "How long the last event of a file waits for more lines.",
  },
  "csv.separator": {
    type: "STRING",
    default: ",",
    check: (value) => oneCharacter(value as string),
    importance: "LOW",
    doc: "Character between columns; `\\t` is a tab.",
  },
  "csv.quote": {
    type: "STRING",
    default: '"',
    check: (value) => oneCharacter(value as string),
    importance: "LOW",
    doc: "Character around values that have separators or line ends in them; twice within them it stands for itself.",
  },
  "csv.header": {
    type: "BOOLEAN",
    default: true,
    importance: "MEDIUM",
    doc: "Whether the first row of a file has the names of the columns.",
  },
  "csv.columns": {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: "Names of the columns of files without header.",
  },
  "csv.types": {
    type: "LIST",
    default: [],
    check: (value) =>
      firstRefusal(value as readonly string[], (text) => csvColumnType.refusal(text)),
    importance: "MEDIUM",
    doc: "Types of columns that are not STRING, as `name:TYPE`: BOOLEAN, INT32, INT64 or FLOAT64. An empty value is null there.",
  },
  "ingest.min.age.ms": {
    type: "INT",
    default: 5000,
    min: 0,
    importance: "MEDIUM",
    doc: "For how long a file must not have changed before it is ingested; with mode `tail`, for how long a compressed one.",
  },
  "ingest.marker.suffix": {
    type: "STRING",
    default: null,
    importance: "LOW",
    doc: "A file is ingested only once there is another one of its name with this suffix, such as `.done`.",
  },
  "ingest.cleanup": {
    type: "STRING",
    default: "none",
    oneOf: ["none", "delete", "move"],
    importance: "HIGH",
    doc: "What becomes of a file once Kafka has all its records and its offset is committed. Its marker goes with it.",
  },
  "ingest.move.to": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    doc: "Folder that `ingest.cleanup=move` moves files to.",
  },
} as const satisfies ConfigDef;

export type Config = ConfigOf<typeof CONFIG>;

/** The character a key such as `csv.separator` stands for. */
export function characterOf(text: string): string {
  return text === String.raw`\t` ? "\t" : text;
}

function oneCharacter(text: string): string | undefined {
  const character = characterOf(text);
  if (/^[^\r\n]$/.test(character)) return undefined;
  return String.raw`Value must be a single character, or \t`;
}

function patternRefusal(pattern: string): string | undefined {
  try {
    RegExp(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function firstRefusal(
  texts: readonly string[],
  refusal: (text: string) => string | undefined,
): string | undefined {
  for (const text of texts) {
    const refused = refusal(text);
    if (refused !== undefined) return refused;
  }
  return undefined;
}
