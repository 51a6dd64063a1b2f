import {
  type ConnectError,
  DataError,
  isDecimal,
  JavaDateFormat,
  type SinkRecord,
} from "@millrace/connect-api";
import { fieldAt } from "../document/field.ts";

/** One variable of a template: its text for a record. */
type Part = string | ((record: SinkRecord) => string);

const ROOTS = "topic, partition, key, key.<field>, value.<field>, header.<name>, timestamp";

/**
 * Text with variables, as in `${topic}-${value.tenant}-${timestamp:yyyy.MM.dd}`. What stands
 * after a colon is a pattern of Java's SimpleDateFormat (UTC) for a date.
 */
export class Template {
  readonly #parts: readonly Part[];
  /** True when every record of a topic gives the same text. */
  readonly byTopic: boolean;
  /** The text before the first variable. */
  readonly lead: string;

  /** @throws {ConnectError} for a variable or pattern that is none */
  constructor(text: string) {
    const pieces = text.split(/(\$\{[^}]*\})/).filter((piece) => piece !== "");
    this.#parts = pieces.map((piece) => (piece.startsWith("${") ? variable(piece) : piece));
    this.byTopic = pieces.every((piece) => !piece.startsWith("${") || piece === "${topic}");
    this.lead = typeof this.#parts[0] === "string" ? this.#parts[0] : "";
  }

  /** @throws {DataError} when a record has not what a variable asks for */
  expand(record: SinkRecord): string {
    let text = "";
    for (const part of this.#parts) text += typeof part === "string" ? part : part(record);
    return text;
  }
}

/** @returns what is wrong with a template, or undefined */
export function templateProblem(text: string): string | undefined {
  try {
    void new Template(text);
    return undefined;
  } catch (error) {
    return (error as ConnectError).message;
  }
}

function variable(piece: string): Part {
  const [, path = "", pattern] = /^\$\{([^:]*)(?::(.*))?\}$/.exec(piece) ?? [];
  const [root = "", ...names] = path.split(".");
  const valueOf = reader(root, names);
  if (valueOf === undefined || names.includes("")) {
    throw new DataError(`${piece} is no variable: there are ${ROOTS}`);
  }
  if (pattern !== undefined) {
    const format = new JavaDateFormat(pattern);
    return (record) => format.format(dateOf(piece, valueOf(record)));
  }
  if (root === "timestamp")
    throw new DataError(`${piece} needs a pattern: \${timestamp:yyyy.MM.dd}`);
  return (record) => textOf(piece, valueOf(record));
}

function reader(
  root: string,
  names: readonly string[],
): ((record: SinkRecord) => unknown) | undefined {
  const alone = names.length === 0;
  switch (root) {
    case "topic":
      return alone ? ({ topic }) => topic : undefined;
    case "partition":
      return alone ? ({ originalKafkaPartition }) => originalKafkaPartition : undefined;
    case "timestamp":
      return alone ? ({ timestamp }) => timestamp : undefined;
    case "key":
      return ({ key }) => fieldAt(key, names);
    case "value":
      return alone ? undefined : ({ value }) => fieldAt(value, names);
    case "header":
      return alone
        ? undefined
        : (record) =>
            record.hasHeaders
              ? (record.headers.lastWithName(names.join("."))?.value ?? null)
              : null;
    default:
      return undefined;
  }
}

function textOf(piece: string, value: unknown): string {
  switch (typeof value) {
    case "string":
      if (value !== "") return value;
      throw new DataError(`${piece} is empty for this record`);
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
    default:
      if (value === null) throw new DataError(`this record has no ${piece}`);
      if (isDecimal(value)) return value.toString();
      throw new DataError(`${piece} is no text or number in this record`);
  }
}

/** Dates, milliseconds since the epoch, or ISO texts. */
function dateOf(piece: string, value: unknown): Date {
  if (value === null) throw new DataError(`this record has no ${piece}`);
  const given = typeof value === "bigint" ? Number(value) : value;
  const date =
    given instanceof Date
      ? given
      : typeof given === "number" || typeof given === "string"
        ? new Date(given)
        : undefined;
  if (date !== undefined && !Number.isNaN(date.getTime())) return date;
  throw new DataError(`${piece} is no date in this record`);
}
