import {
  DataError,
  isConnectError,
  type Logger,
  OPTIONAL_BYTES_SCHEMA,
  type SourceOffset,
  type SourcePartition,
  SourceRecord,
  STRING_SCHEMA,
} from "@millrace/connect-api";
import { type Document, isDocument } from "../bson/document.ts";
import { toJson } from "../bson/json-writer.ts";
import type { Config } from "./config.ts";
import { heartbeatOffset } from "./offset.ts";
import { type Output, outputs, type SchemaAndValue } from "./output.ts";
import { TopicMapper } from "./topic-mapper.ts";

const TOMBSTONE: SchemaAndValue = { schema: null, value: null };

/** Makes records of change events. */
export class EventRecords {
  readonly #config: Config;
  readonly #partition: SourcePartition;
  readonly #logger: Logger;
  readonly #topics: TopicMapper;
  readonly #key: Output;
  readonly #value: Output;

  constructor(config: Config, partition: SourcePartition, logger: Logger) {
    this.#config = config;
    this.#partition = partition;
    this.#logger = logger;
    this.#topics = new TopicMapper({
      separator: config["topic.separator"],
      prefix: config["topic.prefix"],
      suffix: config["topic.suffix"],
      map: config["topic.namespace.map"],
    });
    const { key, value } = outputs(config);
    this.#key = key;
    this.#value = value;
  }

  /**
   * Undefined when nothing is published of the event.
   * @throws {DataError} when it cannot be converted and errors are not tolerated
   */
  make(event: Document, offset: SourceOffset | null): SourceRecord | undefined {
    const topic = this.#topics.topicOf(event);
    if (topic === "") {
      this.#logger.warn(`No topic for an event of type ${String(event["operationType"])}: dropped`);
      return undefined;
    }
    const document = this.#document(event);
    if (document === undefined) return undefined;
    try {
      const key = this.#key(this.#keyDocument(event));
      const value = document === null ? TOMBSTONE : this.#value(document);
      return this.#record(topic, key, value, offset);
    } catch (error) {
      return this.#refused(event, error, offset);
    }
  }

  heartbeat(token: string): SourceRecord {
    const key = { schema: STRING_SCHEMA, value: token };
    const value = { schema: OPTIONAL_BYTES_SCHEMA, value: null };
    return this.#record(this.#config["heartbeat.topic.name"], key, value, heartbeatOffset(token));
  }

  /** What the value is made of: null is a tombstone, undefined no record. */
  #document(event: Document): Document | null | undefined {
    if (!this.#config["publish.full.document.only"]) return event;
    const { fullDocument } = event;
    if (isDocument(fullDocument)) return fullDocument;
    const hasTombstones = this.#config["publish.full.document.only.tombstone.on.delete"];
    // A server older than the current protocol says null where others leave the field out.
    return hasTombstones && event["operationType"] !== "update" ? null : undefined;
  }

  #keyDocument(event: Document): Document {
    if (this.#config["output.format.key"] === "schema") return event;
    const { documentKey } = event;
    const isKey = this.#config["change.stream.document.key.as.key"] && isDocument(documentKey);
    return isKey ? documentKey : { _id: event["_id"] };
  }

  #record(
    topic: string,
    key: SchemaAndValue,
    value: SchemaAndValue,
    offset: SourceOffset | null,
  ): SourceRecord {
    return new SourceRecord({
      topic,
      keySchema: key.schema,
      key: key.value,
      valueSchema: value.schema,
      value: value.value,
      sourcePartition: this.#partition,
      sourceOffset: offset,
    });
  }

  #refused(event: Document, error: unknown, offset: SourceOffset | null): SourceRecord | undefined {
    if (!isConnectError(error)) throw error;
    const { deadLetterTopic, tolerates, logsErrors } = this.#config;
    const key = toJson(this.#keyDocument(event));
    const message = `${error.message}: Exception creating Source record for: Key=${key}`;
    if (logsErrors || (tolerates && deadLetterTopic === "")) this.#logger.error(message);
    if (!tolerates) throw new DataError(message, { cause: error });
    if (deadLetterTopic === "") return undefined;
    return this.#record(
      deadLetterTopic,
      { schema: STRING_SCHEMA, value: key },
      { schema: STRING_SCHEMA, value: toJson(event) },
      offset,
    );
  }
}
