import { DataError, isStruct, mapGet, isMapLike, type SinkRecord } from "@millrace/connect-api";

/** What stands for a placeholder in one record. */
export interface NameSource {
  readonly record: SinkRecord;
  /** The row: the value, or what is after the change in a Debezium event. */
  readonly row: unknown;
  /** `source` of a Debezium event. */
  readonly source: unknown;
}

type Piece =
  | { readonly text: string }
  | { readonly placeholder: string; readonly field: string; readonly quoted: boolean };

/** A parsed `table.name.format`. */
export interface TableNameFormat {
  readonly pieces: readonly Piece[];
  /** Whether all records of a topic and value schema go to one table. */
  readonly perTopic: boolean;
}

const PLACEHOLDER = /\$\{(?:(topic|partition|schema)|(key|value|header|source)\.([^}]+))\}/y;
const QUOTES: Readonly<Record<string, string>> = { '"': '"', "`": "`", "[": "]" };

/**
 * @throws {DataError} when a placeholder is none of those there are, or a quote is not closed
 */
export function parseTableName(format: string): TableNameFormat {
  const pieces: Piece[] = [];
  let text = "";
  let closing = "";
  for (let at = 0; at < format.length;) {
    PLACEHOLDER.lastIndex = at;
    const match = PLACEHOLDER.exec(format);
    if (match !== null) {
      if (text !== "") pieces.push({ text });
      text = "";
      const [whole, alone, of, field = ""] = match;
      pieces.push({ placeholder: alone ?? of ?? "", field, quoted: closing !== "" });
      at += whole.length;
      continue;
    }
    if (format.startsWith("${", at)) {
      throw new DataError(
        `${format.slice(at)} begins with none of $\{topic}, $\{partition}, $\{schema}, $\{key.f}, $\{value.f}, $\{header.h}, $\{source.f}`,
      );
    }
    const char = format[at++]!;
    text += char;
    if (closing === "") closing = QUOTES[char] ?? "";
    else if (char === closing) closing = "";
  }
  if (closing !== "") throw new DataError(`A quote is not closed: ${format}`);
  if (text !== "") pieces.push({ text });
  const perTopic = pieces.every(
    (piece) => "text" in piece || ["topic", "schema"].includes(piece.placeholder),
  );
  return { pieces, perTopic };
}

/**
 * The levels of a table's name, last the table. Dots of the format and of a topic's name part
 * them; what comes out of records is one level, or a part of it, whatever it looks like.
 * @throws {DataError} when a placeholder has no value, or no name is left
 */
export function tableNameParts(
  { pieces }: TableNameFormat,
  from: NameSource,
  normalize: boolean,
): string[] {
  const parts: string[] = [""];
  let closing = "";
  const add = (text: string) => (parts[parts.length - 1] += text);
  const addUnquoted = (text: string, readsQuotes: boolean) => {
    for (const char of text) {
      if (closing !== "") {
        if (char === closing) closing = "";
        else add(char);
      } else if (readsQuotes && char in QUOTES) closing = QUOTES[char]!;
      else if (char === ".") parts.push("");
      else add(char);
    }
  };
  for (const piece of pieces) {
    if ("text" in piece) addUnquoted(piece.text, true);
    else if (piece.placeholder === "topic" && !piece.quoted) addUnquoted(from.record.topic, false);
    else add(valueOf(piece.placeholder, piece.field, from));
  }
  const names = normalize ? parts.map((part) => part.replace(/[^A-Za-z0-9_]/g, "_")) : parts;
  if (names.some((part) => part.trim() === "")) {
    throw new DataError(`table.name.format gives no name of a table: "${names.join(".")}"`);
  }
  return names;
}

function valueOf(placeholder: string, field: string, { record, row, source }: NameSource): string {
  switch (placeholder) {
    case "topic":
      return record.topic;
    case "partition":
      return String(record.kafkaPartition);
    case "schema":
      return present(record.valueSchema?.name, "the value's schema has no name");
    case "header":
      return present(record.headers.lastWithName(field)?.value, `there is no header ${field}`);
    default: {
      const holder = placeholder === "key" ? record.key : placeholder === "source" ? source : row;
      return present(member(holder, field), `the ${placeholder} has no field ${field}`);
    }
  }
}

function member(holder: unknown, field: string): unknown {
  if (isStruct(holder)) return holder.schema.field(field) && holder.get(field);
  return isMapLike(holder) ? mapGet(holder, field) : undefined;
}

function present(value: unknown, why: string): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint") {
    return String(value);
  }
  throw new DataError(`The name of the table cannot be told: ${why}`);
}
