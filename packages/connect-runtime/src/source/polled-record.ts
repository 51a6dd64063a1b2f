import {
  type Encoded,
  javaText,
  type MaybePromise,
  type Schema,
  type SourceRecord,
} from "@millrace/connect-api";
import type { RecordHeader } from "@millrace/kafka-client";
import type { Letter, RecordOrigin } from "../errors/failed-record.ts";
import type { TaskConverters } from "../record/converters.ts";
import { plainJson, plainText } from "../record/plain-text.ts";
import { describeRecord } from "./describe-record.ts";
import { offsetValue } from "./offset-json.ts";

/** How a key or value is written in a letter; a header tells which. */
type Format = "converter" | "json" | "text";

/** A record as a source polled it, before any transformation. */
export class PolledRecord implements RecordOrigin {
  readonly #record: SourceRecord;
  readonly #converters: TaskConverters;

  constructor(record: SourceRecord, converters: TaskConverters) {
    this.#record = record;
    this.#converters = converters;
  }

  get where(): string {
    return describeRecord(this.#record);
  }

  /** Java's text of a source record, contents included (`SourceRecord.toString`). */
  describe(): string {
    const { sourcePartition, sourceOffset, topic, kafkaPartition, timestamp } = this.#record;
    const { keySchema, key, valueSchema, value, headers } = this.#record;
    const source = `sourcePartition=${javaText(null, sourcePartition)}, sourceOffset=${javaText(null, sourceOffset)}`;
    const texts = Array.from(
      headers,
      (header) =>
        `ConnectHeader(key=${header.key}, value=${javaText(header.schema, header.value)}, schema=${schemaText(header.schema)})`,
    );
    const list = texts.length === 0 ? "" : `[${texts.join(", ")}]`;
    return `, where source record is = SourceRecord{${source}} ConnectRecord{topic='${topic}', kafkaPartition=${kafkaPartition}, key=${javaText(keySchema, key)}, keySchema=${schemaText(keySchema)}, value=${javaText(valueSchema, value)}, valueSchema=${schemaText(valueSchema)}, timestamp=${timestamp}, headers=ConnectHeaders(headers=${list})}`;
  }

  /**
   * The record as the connector's converters write it, so that it can be sent on as it is.
   * What they cannot write is JSON without schema, or at last Java's text.
   */
  async letter(): Promise<Letter> {
    const { topic, kafkaPartition, sourcePartition, sourceOffset, timestamp } = this.#record;
    const { keySchema, key, valueSchema, value } = this.#record;
    const converters = this.#converters;
    const headers = await this.#headers();
    const writtenKey = await written(keySchema, key, () =>
      converters.key.fromConnectData(topic, headers, keySchema, key),
    );
    const writtenValue = await written(valueSchema, value, () =>
      converters.value.fromConnectData(topic, headers, valueSchema, value),
    );
    return {
      key: writtenKey.data,
      value: writtenValue.data,
      timestampMs: timestamp ?? -1,
      headers,
      place: [
        ["topic", topic],
        ...(kafkaPartition === null ? [] : [["partition", String(kafkaPartition)] as const]),
        ["source.partition", offsetJson(sourcePartition)],
        ["source.offset", sourceOffset === null ? "null" : offsetJson(sourceOffset)],
        ["source.key.format", writtenKey.format],
        ["source.value.format", writtenValue.format],
      ],
    };
  }

  async #headers(): Promise<RecordHeader[]> {
    const headers: RecordHeader[] = [];
    for (const { key, schema, value } of this.#record.headers) {
      const { data } = await written(schema, value, () =>
        this.#converters.header.fromConnectHeader(this.#record.topic, key, schema, value),
      );
      headers.push({ key, value: data });
    }
    return headers;
  }
}

/** Writes what may be the very thing that cannot be written. */
async function written(
  schema: Schema | null,
  value: unknown,
  write: () => MaybePromise<Encoded>,
): Promise<{ readonly data: Encoded; readonly format: Format }> {
  try {
    return { data: await write(), format: "converter" };
  } catch {
    // It is reported already, or was no part of what failed.
    try {
      return { data: plainJson(schema, value), format: "json" };
    } catch {
      return { data: plainText(value), format: "text" };
    }
  }
}

function offsetJson(offset: Readonly<Record<string, unknown>>): string {
  try {
    return offsetValue(offset);
  } catch {
    return javaText(null, offset);
  }
}

function schemaText(schema: Schema | null): string {
  if (schema === null) return "null";
  return schema.name ? `Schema{${schema.name}:${schema.type}}` : `Schema{${schema.type}}`;
}
