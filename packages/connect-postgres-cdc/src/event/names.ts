import type { Config } from "../config.ts";
import type { TableId } from "../catalog/table-id.ts";

export type NameAdjustment = "none" | "avro" | "avro_unicode";

/** What Kafka takes in a topic's name, and how long it may be. */
const NOT_IN_TOPICS = /[^\w.-]/g;
const TOPIC_LENGTH = 249;

/** Names of topics (Debezium: `SchemaTopicNamingStrategy`). */
export class TopicNames {
  readonly heartbeat: string;
  readonly transaction: string;
  readonly message: string;
  readonly #prefix: string;
  readonly #delimiter: string;

  constructor(config: Config) {
    this.#prefix = config["topic.prefix"];
    this.#delimiter = config["topic.delimiter"];
    this.heartbeat = fit(config["topic.heartbeat.prefix"] + this.#delimiter + this.#prefix);
    this.transaction = this.#of(config["topic.transaction"]);
    // Whatever the delimiter, as with Debezium.
    this.message = fit(`${this.#prefix}.message`);
  }

  table({ schema, name }: TableId): string {
    return this.#of(schema, name);
  }

  #of(...parts: readonly string[]): string {
    return fit([this.#prefix, ...parts].join(this.#delimiter));
  }
}

function fit(name: string): string {
  return name.replaceAll(NOT_IN_TOPICS, "_").slice(0, TOPIC_LENGTH);
}

/** A schema's full name, made fit for Avro where that is asked for. */
export function adjustSchemaName(name: string, mode: NameAdjustment): string {
  return adjust(name, mode, /[^A-Za-z0-9_.]/gu);
}

export function adjustFieldName(name: string, mode: NameAdjustment): string {
  return adjust(name, mode, /[^A-Za-z0-9_]/gu);
}

function adjust(name: string, mode: NameAdjustment, unfit: RegExp): string {
  if (mode === "none") return name;
  const replaced = (character: string) =>
    mode === "avro" ? "_" : `_u${character.codePointAt(0)!.toString(16).padStart(4, "0")}`;
  const escaped = mode === "avro_unicode" ? name.replaceAll("_", "_u005f") : name;
  // Avro's names begin with no digit: one _ stands before it, or its code for it.
  const beginning = (digit: string) => (mode === "avro" ? `_${digit}` : replaced(digit));
  return escaped.replaceAll(unfit, replaced).replace(/^\d/, beginning);
}
