import {
  ConfigError,
  type ConfigDef,
  type ConnectRecord,
  Headers,
  parseConfig,
  type Props,
  type RecordParts,
  type Transformation,
} from "@millrace/connect-api";
import { type DeclaredType, singleResult } from "./column.ts";
import { Expression } from "./expression.ts";
import {
  declaredTypes,
  DROP_NULL,
  entriesKey,
  entriesOf,
  expressionKey,
  TYPES,
} from "./expression-config.ts";
import { millisOf } from "./result-type.ts";

const MAX_INT32 = 2n ** 31n - 1n;
/** Farthest from the epoch that a `Date` reaches, in milliseconds. */
const MAX_MILLIS = 8_640_000_000_000_000n;

const CONFIG = {
  topic: expressionKey("An expression for the topic, a string: `topic + '-' + value.country`."),
  partition: expressionKey("An expression for the partition, an int."),
  timestamp: expressionKey(
    "An expression for the timestamp: a timestamp, or an int in milliseconds since the epoch.",
  ),
  headers: entriesKey(
    "Headers to set, as a map in CEL: `{'origin': topic}`. They take the place of all of their name; null removes them.",
  ),
  ...TYPES,
  ...DROP_NULL,
} as const satisfies ConfigDef;

/**
 * Sets topic, partition, timestamp and headers of a record by expressions
 * (`millrace.transforms.Expression$Record`). Where the result is null, topic, partition and
 * timestamp stay as they are.
 */
export class ExpressionRecord implements Transformation {
  #topic: Expression | undefined;
  #partition: Expression | undefined;
  #timestamp: Expression | undefined;
  #headers: ReadonlyMap<string, Expression> = new Map();
  #types: ReadonlyMap<string, DeclaredType> = new Map();
  #dropNull = false;

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const { topic, partition, timestamp, headers } = config;
    if ([topic, partition, timestamp, headers].every((text) => text === null)) {
      throw new ConfigError(
        "topic",
        null,
        "set this, partition, timestamp or headers: nothing is to be computed",
      );
    }
    this.#topic = expressionOf("topic", topic);
    this.#partition = expressionOf("partition", partition);
    this.#timestamp = expressionOf("timestamp", timestamp);
    this.#headers = headers === null ? new Map() : entriesOf(headers);
    this.#types = declaredTypes(config.types, [...this.#headers.keys()]);
    this.#dropNull = config["drop.null"];
  }

  apply(record: ConnectRecord): ConnectRecord | null {
    const topic = this.#topic && topicOf(this.#topic, record);
    const kafkaPartition = this.#partition && partitionOf(this.#partition, record);
    const timestamp = this.#timestamp && timestampOf(this.#timestamp, record);
    if (this.#dropNull && [topic, kafkaPartition, timestamp].includes(null)) return null;
    const changes: Partial<RecordParts> = {
      topic: topic ?? record.topic,
      kafkaPartition: kafkaPartition ?? record.kafkaPartition,
      timestamp: timestamp ?? record.timestamp,
    };
    if (this.#headers.size === 0) return record.newRecord(changes);
    return record.newRecord({ ...changes, headers: this.#headersOf(record) });
  }

  #headersOf(record: ConnectRecord): Headers {
    const headers = new Headers(record.hasHeaders ? record.headers : []);
    for (const [name, expression] of this.#headers) {
      const result = singleResult(expression, this.#types.get(name), record);
      headers.remove(name);
      if (result !== null) headers.add(name, result.value, result.schema);
    }
    return headers;
  }
}

function expressionOf(key: string, text: string | null): Expression | undefined {
  return text === null ? undefined : Expression.of(`expression of the ${key}`, text);
}

function topicOf(expression: Expression, record: ConnectRecord): string | null {
  const result = expression.evaluate(record);
  if (result === null || (typeof result === "string" && result !== "")) return result;
  throw expression.error("a topic must be a string that is not empty");
}

function partitionOf(expression: Expression, record: ConnectRecord): number | null {
  const result = expression.evaluate(record);
  if (result === null) return null;
  if (typeof result === "bigint" && result >= 0n && result <= MAX_INT32) return Number(result);
  throw expression.error("a partition must be an int that is not negative");
}

function timestampOf(expression: Expression, record: ConnectRecord): number | null {
  const result = expression.evaluate(record);
  if (result === null) return null;
  if (typeof result === "bigint") {
    if (result >= 0n && result <= MAX_MILLIS) return Number(result);
    throw expression.error("the milliseconds are out of range");
  }
  try {
    return millisOf(result);
  } catch (error) {
    throw expression.error((error as Error).message);
  }
}
