import { readFileSync } from "node:fs";
import {
  type Encoded,
  isConnectError,
  javaClassName,
  javaText,
  type Schema,
  type SchemaAndValue,
} from "@millrace/connect-api";
import { JsonConverter } from "../src/index.ts";

/** Bytes as the recorder writes them: as text where they are one. */
export type GoldenBytes = { readonly utf8: string } | { readonly base64: string } | null;

export interface GoldenError {
  readonly error: string;
  readonly message: string | null;
  readonly cause?: string;
  readonly cause_message?: string | null;
}

/** A value that was read, described. */
export interface GoldenRead {
  readonly schema_string: string | null;
  readonly java_class: string;
  readonly to_string: string;
  readonly json_with_schema: unknown;
}

export type GoldenResult = GoldenRead | GoldenError;

/** What Kafka Connect 4.3.1 did, a case per line. */
export function recording<T>(name: string): T[] {
  return JSON.parse(readFileSync(new URL(`golden/${name}.json`, import.meta.url), "utf8")) as T[];
}

export function isError(recorded: object | null): recorded is GoldenError {
  return recorded !== null && "error" in recorded;
}

export function encoded(value: Encoded): GoldenBytes {
  if (value === null) return null;
  const bytes = typeof value === "string" ? Buffer.from(value) : Buffer.from(value);
  const text = bytes.toString("utf8");
  const hasControls = bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a);
  const isText = Buffer.from(text).equals(bytes) && !hasControls;
  return isText ? { utf8: withoutAddress(text) } : { base64: bytes.toString("base64") };
}

export function bytesOf(recorded: GoldenBytes): Buffer | null {
  if (recorded === null) return null;
  return "utf8" in recorded ? Buffer.from(recorded.utf8) : Buffer.from(recorded.base64, "base64");
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

/** Describes a value that was read as the recorder does. */
export function described({ schema, value }: SchemaAndValue): GoldenRead {
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

/**
 * A result without what is not told apart here: the kinds of Java's maps and lists, the
 * order of a HashMap, schemas that Java left as builders, the width of numbers without
 * schema, and the causes and failures that only Java has.
 */
export function comparable(result: GoldenResult): unknown {
  if (isError(result)) return comparableError(result);
  const { schema_string, java_class, to_string, json_with_schema: json } = result;
  const isMap = java_class.endsWith("Map");
  const isUntypedInteger = schema_string === null && java_class === "Integer";
  return {
    schema_string: schema_string?.replace(/^.*SchemaBuilder@0$/, "Schema{MAP}") ?? null,
    java_class: isUntypedInteger ? "Long" : (CLASS_NAMES[java_class] ?? java_class),
    to_string: isMap ? to_string.split("").sort().join("") : withoutAddress(to_string),
    json_with_schema: to_string === "{}" ? "a map without schemas" : json,
  };
}

export function comparableError({ error, message, cause, cause_message }: GoldenError): unknown {
  // Of a schema without scale Java makes a NullPointerException.
  const isJavasOwn = cause === undefined || message === "Invalid bytes for Decimal field";
  const text = message
    ?.replace("java.util.Arrays$ArrayList", "java.util.ArrayList")
    .replace("java.nio.HeapByteBuffer", "[B")
    .replace("[Ljava.lang.Object;", "WeakSet")
    .replace(/: (?:\[Ljava.*|\[object WeakSet\])$/, "");
  return { error, message: text ?? null, ...(!isJavasOwn && { cause, cause_message }) };
}

const CLASS_NAMES: Readonly<Record<string, string>> = {
  LinkedHashMap: "Map",
  HashMap: "Map",
  "[B": "byte[]",
};

/** Java prints an address where bytes or an object have no text. */
function withoutAddress(text: string): string {
  return text
    .replace(/\[B@[0-9a-f]+/g, "[B@0")
    .replace("[object WeakSet]", "[Ljava.lang.Object;@0");
}
