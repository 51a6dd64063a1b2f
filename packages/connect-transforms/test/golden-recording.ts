import { readFileSync } from "node:fs";
import { JsonConverter } from "@millrace/connect-converters";
import {
  type ConnectRecord,
  isConnectError,
  javaClassName,
  javaText,
  type Schema,
} from "@millrace/connect-api";

export interface GoldenError {
  readonly error: string;
  readonly message: string | null;
  readonly cause?: string;
  readonly cause_message?: string | null;
}

/** A value, described. */
export interface GoldenValue {
  readonly schema_string: string | null;
  readonly java_class: string;
  readonly to_string: string;
  readonly json_with_schema: unknown;
}

/** A record, described; in some recordings, without what is as in the input. */
export interface GoldenRecord {
  readonly topic?: string;
  readonly partition?: number | null;
  readonly timestamp?: number | null;
  readonly key?: GoldenValue;
  readonly value?: GoldenValue;
  readonly headers?: readonly (GoldenValue & { readonly key: string })[];
}

export type GoldenResult =
  | GoldenError
  | GoldenRecord
  | { readonly same_record: true }
  | { readonly dropped: true };

export interface GoldenCase {
  readonly type: string;
  readonly config: Readonly<Record<string, string>>;
  readonly configure?: GoldenError;
  readonly results?: Readonly<Record<string, GoldenResult>>;
}

/** What Kafka Connect 4.3.1 did, a case per line. */
export function recording(name: string): GoldenCase[] {
  return JSON.parse(
    readFileSync(new URL(`golden/${name}.json`, import.meta.url), "utf8"),
  ) as GoldenCase[];
}

export function isError(result: object): result is GoldenError {
  return "error" in result;
}

/** The outcome of a call: what it gives, or its error in the recording's form. */
export function outcome<T>(call: () => T): T | GoldenError {
  try {
    return call();
  } catch (error) {
    if (!isConnectError(error)) throw error;
    const described = { error: error.javaName, message: error.message };
    return isConnectError(error.cause)
      ? { ...described, cause: error.cause.javaName, cause_message: error.cause.message }
      : described;
  }
}

const envelopes = new JsonConverter();
envelopes.configure({ "schemas.enable": "true" }, false);

/** Describes a value as the recorder does. */
function describeValue(schema: Schema | null, value: unknown): GoldenValue {
  return {
    schema_string: schema?.toString() ?? null,
    java_class: javaClassName(value, schema).replace(/^.*\./, ""),
    to_string: textOf(schema, value),
    json_with_schema: outcome(
      () => JSON.parse(envelopes.fromConnectData("t", [], schema, value) ?? "null") as unknown,
    ),
  };
}

function textOf(schema: Schema | null, value: unknown): string {
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString("base64")}`;
  return value instanceof Date ? `Date:${value.getTime()}` : javaText(schema, value);
}

/** Describes a record as the recorder does. */
export function describeRecord(record: ConnectRecord): Required<GoldenRecord> {
  return {
    topic: record.topic,
    partition: record.kafkaPartition,
    timestamp: record.timestamp,
    key: describeValue(record.keySchema, record.key),
    value: describeValue(record.valueSchema, record.value),
    headers: [...record.headers].map(({ key, schema, value }) => ({
      key,
      ...describeValue(schema, value),
    })),
  };
}

/** A record without what is not told apart here. */
export function comparableRecord(record: Required<GoldenRecord>): unknown {
  return {
    ...record,
    key: comparableValue(record.key),
    value: comparableValue(record.value),
    headers: record.headers.map(({ key, ...value }) => ({ key, value: comparableValue(value) })),
  };
}

/** The kinds of Java's maps, their order, and the width of numbers without schema are not told apart. */
function comparableValue(value: GoldenValue): unknown {
  const { schema_string, java_class, to_string, json_with_schema: json } = value;
  const isUntyped = schema_string === null;
  const isMap = java_class.endsWith("Map");
  return {
    schema_string,
    java_class:
      (isUntyped ? UNTYPED_NAMES[java_class] : undefined) ?? java_class.replace(/^\[B$/, "byte[]"),
    to_string: isMap ? sortedText(to_string) : withoutAddress(to_string),
    json_with_schema: isError(Object(json) as object) ? convertersError(json as GoldenError) : json,
  };
}

/** The converter's message, without the width of a number. */
function convertersError(error: GoldenError): unknown {
  const message = error.message?.replace(
    /java\.lang\.(?:Byte|Short|Integer|Long|Float|Double)/,
    "Number",
  );
  return comparableError({ ...error, message: message ?? null });
}

const UNTYPED_NAMES: Readonly<Record<string, string>> = {
  LinkedHashMap: "Map",
  HashMap: "Map",
  Byte: "Long",
  Short: "Long",
  Integer: "Long",
  Float: "Double",
};

export function comparableError({ error, message, cause, cause_message }: GoldenError): unknown {
  const text = message
    ?.replace("java.util.Arrays$ArrayList", "java.util.ArrayList")
    .replace("java.lang.Integer", "java.lang.Long");
  return {
    error,
    message: text ?? null,
    ...(cause !== undefined && { cause, cause_message }),
  };
}

/** Java prints an address where bytes have no text. */
function withoutAddress(text: string): string {
  return text.replace(/\[B@[0-9a-f]+/g, "[B@0");
}

/** Of a HashMap, whose order is none. */
function sortedText(text: string): string {
  return withoutAddress(text).split("").sort().join("");
}
