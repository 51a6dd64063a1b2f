import { DataError } from "@millrace/connect-api";
import protobuf, { type Field, type Root, type Type } from "protobufjs";
import type { ResolvedReference } from "../registry/schema-registry.ts";
import { FIELD_META, WRAPPERS } from "./names.ts";

/** The types that every schema may import, as far as converters look into them. */
const KNOWN = [
  `syntax = "proto3"; package google.protobuf; message Timestamp { int64 seconds = 1; int32 nanos = 2; } ${WRAPPERS.map(([name, type]) => `message ${name} { ${type} value = 1; }`).join(" ")}`,
  `syntax = "proto3"; package google.type; message Date { int32 year = 1; int32 month = 2; int32 day = 3; } message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }`,
  `syntax = "proto3"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }`,
];

/** A parsed file of the language, and what it may use. */
export interface ProtoFile {
  /** The messages at its top, in order. */
  readonly messages: readonly Type[];
}

/** @throws {DataError} that says what is wrong with it */
export function parseProto(text: string, references: readonly ResolvedReference[] = []): ProtoFile {
  const root: Root = new protobuf.Root();
  try {
    for (const reference of references) protobuf.parse(reference.text, root, { keepCase: true });
    const definesKnown = /^\s*package\s+(google|confluent)\./m.test(text);
    if (!definesKnown) {
      for (const known of KNOWN) protobuf.parse(known, root, { keepCase: true });
    }
    const { package: space } = protobuf.parse(text, root, { keepCase: true });
    root.resolveAll();
    const scope = space === undefined || space === null ? root : root.lookup(space);
    const all = (scope as protobuf.Namespace).nestedArray;
    // A package may be shared with the files that this one uses.
    const own = new Set(messageNames(text));
    const messages = all.filter((item): item is Type => item instanceof protobuf.Type);
    return { messages: messages.filter(({ name }) => own.has(name)) };
  } catch (cause) {
    throw new DataError(`The Protobuf schema cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Of the messages at the top of a text. */
function messageNames(text: string): string[] {
  const names: string[] = [];
  let depth = 0;
  const tokens =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\bmessage\s+(\w+)|[{}]/g;
  for (const [token, name] of text.matchAll(tokens)) {
    if (token === "{") depth++;
    else if (token === "}") depth--;
    else if (name !== undefined && depth === 0) names.push(name);
  }
  return names;
}

/** What Confluent's converter notes of a field: `connect.type`, `scale`, … */
export function metaOf(field: Field): ReadonlyMap<string, string> {
  const options = (field.parsedOptions ?? []) as Record<string, unknown>[];
  const meta = options.map((option) => option[FIELD_META]).find((found) => found !== undefined);
  const params = (meta as { params?: Param | Param[] } | undefined)?.params ?? [];
  return new Map([params].flat().map(({ key, value }) => [key, value]));
}

interface Param {
  readonly key: string;
  readonly value: string;
}

/** The message that a list of positions leads to, from the top of the file inwards. */
export function messageAt({ messages }: ProtoFile, path: readonly number[]): Type {
  let at = messages[path[0]!];
  for (const position of path.slice(1)) {
    at = at?.nestedArray.filter((item): item is Type => item instanceof protobuf.Type)[position];
  }
  if (at === undefined) throw new DataError(`The Protobuf schema has no message ${path.join(".")}`);
  return at;
}

export const isEnum = (field: Field): boolean => field.resolvedType instanceof protobuf.Enum;

/** The symbols of an enum's field, by number. */
export function symbolsOf(field: Field): ReadonlyMap<number, string> {
  const { values } = field.resolvedType as protobuf.Enum;
  // Of two names of one number the first counts.
  return new Map(
    Object.entries(values)
      .toReversed()
      .map(([name, number]) => [number, name]),
  );
}

/** Whether one can tell that a field is there from its being zero. */
export const tracksPresence = (field: Field): boolean => isMessage(field) || field.hasPresence;

export const isMessage = (field: Field): boolean => field.resolvedType instanceof protobuf.Type;

/** The key and the value of a map: one in the words of the language, or a list of messages named …Entry, as Confluent's converter writes it. */
export function mapOf(field: Field): { readonly key: Field; readonly value: Field } | undefined {
  const type = field.resolvedType;
  if (field instanceof protobuf.MapField) {
    const key = new protobuf.Field("key", 1, field.keyType);
    const value = new protobuf.Field("value", 2, field.type);
    value.resolvedType = type;
    return { key, value };
  }
  if (!field.repeated || !(type instanceof protobuf.Type) || !type.name.endsWith("Entry")) {
    return undefined;
  }
  const { key, value } = type.fields;
  return key !== undefined && value !== undefined && type.fieldsArray.length === 2
    ? { key, value }
    : undefined;
}
