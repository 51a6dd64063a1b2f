import type { ByteWriter } from "@millrace/avro-data";
import { scrubName } from "@millrace/avro-data";
import {
  DataError,
  DATE_NAME,
  DECIMAL_NAME,
  decimalScale,
  decimalToBytes,
  isDecimal,
  isStruct,
  javaClassName,
  type Schema,
  TIME_NAME,
  timeToMillis,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import type { Field, Type } from "protobufjs";
import type { ProtobufConfig } from "./config.ts";
import { DATE, DECIMAL, TIME_OF_DAY, TIMESTAMP } from "./names.ts";
import { isEnum, isMessage, mapOf, symbolsOf, tracksPresence } from "./parse.ts";
import { isOneof } from "./proto-text.ts";
import { wrappedType } from "./to-connect-schema.ts";

/** Writes a value that is not null. */
type Write = (value: unknown, out: ByteWriter) => void;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

/** Compiles the writer of a struct as a message: fields go by name. */
export function compileMessageWriter(schema: Schema, type: Type, config: ProtobufConfig): Write {
  const write = messageWriter(schema, type, config);
  return (value, out) => {
    if (!isStruct(value)) throw wrongType(schema, value, type.name);
    write(value.values, out);
  };
}

/** A wrapper of Google's that is a whole message. */
export function compileWrapperWriter(schema: Schema, type: Type, config: ProtobufConfig): Write {
  return fieldWriter(schema, type.fields["value"]!, config);
}

type WriteFields = (values: readonly unknown[], out: ByteWriter) => void;

function messageWriter(schema: Schema, type: Type, config: ProtobufConfig): WriteFields {
  const scrub = (name: string) => (config["scrub.invalid.names"] ? scrubName(name) : name);
  const writers = schema.fields.map((field): Write | undefined => {
    if (isOneof(field.schema)) return oneofWriter(field.schema, type, config);
    const target = type.fields[scrub(field.name)];
    return target === undefined ? undefined : fieldWriter(field.schema, target, config);
  });
  const defaults = schema.fields.map((field) => field.schema.defaultValue ?? null);
  return (values, out) => {
    for (let i = 0; i < writers.length; i++) {
      const value = values[i] ?? defaults[i];
      // What is null is not there; what Protobuf cannot leave out reads as its zero.
      if (value !== null && value !== undefined) writers[i]?.(value, out);
    }
  };
}

function oneofWriter(schema: Schema, type: Type, config: ProtobufConfig): Write {
  const oneofName = schema.fields.map(({ name }) => type.fields[name]?.partOf).find(Boolean);
  const writers = schema.fields.map((field, i) => {
    // Generalized unions number their fields.
    const target =
      type.fields[field.name] ?? oneofName?.fieldsArray[i] ?? generalized(schema, type, i);
    return target === undefined ? undefined : fieldWriter(field.schema, target, config);
  });
  return (value, out) => {
    if (!isStruct(value)) throw wrongType(schema, value, schema.name ?? "oneof");
    const set = value.values.findIndex((item) => item !== null && item !== undefined);
    if (set >= 0) writers[set]?.(value.values[set], out);
  };
}

function generalized(schema: Schema, type: Type, index: number): Field | undefined {
  const tag = schema.fields[index]!.schema.parameters?.get("io.confluent.connect.protobuf.Tag");
  return type.fieldsArray.find(({ id }) => String(id) === tag);
}

function fieldWriter(schema: Schema, field: Field, config: ProtobufConfig): Write {
  const entry = mapOf(field);
  if (schema.type === "MAP") {
    if (entry === undefined) throw misfit(schema, field);
    return mapWriter(schema, field, entry, config);
  }
  if (schema.type === "ARRAY") {
    if (!field.repeated) throw misfit(schema, field);
    return listWriter(schema, field, config);
  }
  if (field.repeated) throw misfit(schema, field);
  const { wire, write } = valueWriter(schema, field, config);
  const tag = field.id * 8 + wire;
  // A zero says nothing, where its absence reads as the same.
  const writesZero = tracksPresence(field);
  return (value, out) => {
    if (!writesZero && isZero(value)) return;
    out.varint(tag);
    write(value, out);
  };
}

const isZero = (value: unknown): boolean =>
  value === 0
    ? !Object.is(value, -0)
    : value === "" || value === false || (value instanceof Uint8Array && value.length === 0);

function mapWriter(
  schema: Schema,
  field: Field,
  { key, value }: { readonly key: Field; readonly value: Field },
  config: ProtobufConfig,
): Write {
  const writeKey = fieldWriter(schema.keySchema, key, config);
  const writeValue = fieldWriter(schema.valueSchema, value, config);
  const tag = field.id * 8 + DELIMITED;
  return (map, out) => {
    if (!(map instanceof Map)) throw wrongType(schema, map, field.name);
    for (const [k, v] of map as Map<unknown, unknown>) {
      out.varint(tag);
      const begun = out.beginNested();
      if (k !== null) writeKey(k, out);
      if (v !== null) writeValue(v, out);
      out.endNested(begun);
    }
  };
}

function listWriter(schema: Schema, field: Field, config: ProtobufConfig): Write {
  const { wire, write } = valueWriter(schema.valueSchema, field, config);
  const packed = field.packed && wire !== DELIMITED;
  const tag = field.id * 8 + (packed ? DELIMITED : wire);
  return (value, out) => {
    if (!Array.isArray(value)) throw wrongType(schema, value, field.name);
    if (value.length === 0) return;
    const items = value as unknown[];
    if (items.includes(null)) {
      throw new DataError(`The list ${field.name} has a null in it, which Protobuf cannot write`);
    }
    if (!packed) {
      for (const item of items) {
        out.varint(tag);
        write(item, out);
      }
      return;
    }
    out.varint(tag);
    const begun = out.beginNested();
    for (const item of items) write(item, out);
    out.endNested(begun);
  };
}

function valueWriter(
  schema: Schema,
  field: Field,
  config: ProtobufConfig,
): { readonly wire: number; readonly write: Write } {
  if (isEnum(field)) return { wire: VARINT, write: enumWriter(field) };
  if (isMessage(field)) return { wire: DELIMITED, write: innerWriter(schema, field, config) };
  const wrong = (value: unknown): never => {
    throw wrongType(schema, value, field.name);
  };
  if (schema.name === DATE_NAME || schema.name === TIME_NAME || schema.name === TIMESTAMP_NAME) {
    throw misfit(schema, field);
  }
  const isWhole = (value: unknown): value is number | bigint =>
    Number.isSafeInteger(value) || typeof value === "bigint";
  const whole =
    (write: (value: number | bigint, out: ByteWriter) => void): Write =>
    (value, out) =>
      isWhole(value) ? write(value, out) : wrong(value);
  switch (field.type) {
    case "int32":
    case "int64":
    case "uint32":
    case "uint64":
      return { wire: VARINT, write: whole((value, out) => out.signedLong(value)) };
    case "sint32":
    case "sint64":
      return { wire: VARINT, write: whole((value, out) => out.long(value)) };
    case "fixed32":
    case "sfixed32":
      return { wire: FIXED32, write: whole((value, out) => out.fixed32(Number(value))) };
    case "fixed64":
    case "sfixed64":
      return { wire: FIXED64, write: whole((value, out) => out.fixed64(value)) };
    case "float":
      return {
        wire: FIXED32,
        write: (value, out) => (typeof value === "number" ? out.float(value) : wrong(value)),
      };
    case "double":
      return {
        wire: FIXED64,
        write: (value, out) => (typeof value === "number" ? out.double(value) : wrong(value)),
      };
    case "bool":
      return {
        wire: VARINT,
        write: (value, out) =>
          typeof value === "boolean" ? out.byte(value ? 1 : 0) : wrong(value),
      };
    case "string":
      return {
        wire: DELIMITED,
        write: (value, out) => (typeof value === "string" ? out.text(value, false) : wrong(value)),
      };
    case "bytes":
      return {
        wire: DELIMITED,
        write: (value, out) => {
          if (!(value instanceof Uint8Array)) return wrong(value);
          out.varint(value.length);
          out.raw(value);
        },
      };
    default:
      throw misfit(schema, field);
  }
}

function enumWriter(field: Field): Write {
  const numbers = new Map([...symbolsOf(field)].map(([number, symbol]) => [symbol, number]));
  return (value, out) => {
    const number = typeof value === "number" ? value : numbers.get(String(value));
    if (number === undefined) {
      throw new DataError(
        `${String(value)}, the value of ${field.name}, is no symbol of the enum ${field.resolvedType!.name}`,
      );
    }
    out.signedLong(number);
  };
}

function innerWriter(schema: Schema, field: Field, config: ProtobufConfig): Write {
  const write = contentWriter(schema, field, config);
  return (value, out) => {
    const begun = out.beginNested();
    write(value, out);
    out.endNested(begun);
  };
}

/** What is in a message within a message. */
function contentWriter(schema: Schema, field: Field, config: ProtobufConfig): Write {
  const type = field.resolvedType as Type;
  const date = (value: unknown): Date => {
    if (!(value instanceof Date)) throw wrongType(schema, value, field.name);
    return value;
  };
  switch (type.fullName) {
    case TIMESTAMP:
      if (schema.name !== TIMESTAMP_NAME) throw misfit(schema, field);
      return (value, out) => writeTimestamp(date(value).getTime(), out);
    case DATE:
      if (schema.name !== DATE_NAME) throw misfit(schema, field);
      return (value, out) => {
        const day = date(value);
        numbered(out, [day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate()]);
      };
    case TIME_OF_DAY:
      if (schema.name !== TIME_NAME) throw misfit(schema, field);
      return (value, out) => {
        const millis = timeToMillis(date(value));
        const seconds = Math.floor(millis / 1000);
        const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
        numbered(out, [hours, minutes, seconds % 60, (millis % 1000) * 1_000_000]);
      };
    case DECIMAL:
      return decimalWriter(schema, field);
    default:
      break;
  }
  if (schema.type === "STRUCT") return compileMessageWriter(schema, type, config);
  if (wrappedType(type) === undefined) throw misfit(schema, field);
  return compileWrapperWriter(schema, type, config);
}

function writeTimestamp(millis: number, out: ByteWriter): void {
  const seconds = Math.floor(millis / 1000);
  const nanos = (millis - seconds * 1000) * 1_000_000;
  numbered(out, [seconds, nanos]);
}

/** Whole numbers as the fields 1, 2, …; those that are zero are left out. */
function numbered(out: ByteWriter, numbers: readonly number[]): void {
  for (const [i, number] of numbers.entries()) {
    if (number === 0) continue;
    out.varint((i + 1) * 8 + VARINT);
    out.signedLong(number);
  }
}

function decimalWriter(schema: Schema, field: Field): Write {
  if (schema.name !== DECIMAL_NAME) throw misfit(schema, field);
  const scale = decimalScale(schema);
  const precision = Number(schema.parameters?.get("connect.decimal.precision") ?? 0);
  return (value, out) => {
    if (!isDecimal(value)) throw wrongType(schema, value, field.name);
    const bytes = decimalToBytes(scale, value);
    out.varint(8 + DELIMITED);
    out.varint(bytes.length);
    out.raw(bytes);
    if (precision > 0) {
      out.varint(2 * 8 + VARINT);
      out.varint(precision);
    }
    if (scale !== 0) {
      out.varint(3 * 8 + VARINT);
      out.signedLong(scale);
    }
  };
}

function misfit(schema: Schema, field: Field): DataError {
  return new DataError(
    `${schema.name ?? schema.type}, the type of field ${field.name}, cannot be written as Protobuf's ${field.repeated ? "repeated " : ""}${field.type}`,
  );
}

function wrongType(schema: Schema, value: unknown, name: string): DataError {
  return new DataError(
    `Invalid type for ${schema.name ?? schema.type}: class ${javaClassName(value)} for field ${name}`,
  );
}
