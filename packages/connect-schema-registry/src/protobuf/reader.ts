import { Buffer } from "node:buffer";
import type { ByteReader } from "@millrace/avro-data";
import {
  DataError,
  DATE_NAME,
  Decimal,
  DECIMAL_NAME,
  decimalScale,
  millisToTime,
  type Schema,
  Struct,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import type { Field, Type } from "protobufjs";
import type { ProtobufConfig } from "./config.ts";
import { isEnum, isMessage, mapOf, symbolsOf } from "./parse.ts";
import type { MessageStruct, StructField, Translation } from "./to-connect-schema.ts";

type Read = (input: ByteReader) => unknown;

/** Puts a field that has just been found where it belongs among a struct's values. */
type Take = (input: ByteReader, wire: number, values: unknown[]) => void;

const DELIMITED = 2;

/** Compiles readers of messages, each message once. */
export class MessageReaders {
  readonly #translation: Translation;
  readonly #config: ProtobufConfig;
  readonly #readers = new Map<Type, Read>();

  constructor(translation: Translation, config: ProtobufConfig) {
    this.#translation = translation;
    this.#config = config;
  }

  /** Reads a struct, up to the end of the input. */
  message(type: Type, struct: MessageStruct): Read {
    const { schema, fields } = struct;
    const initial = fields.map((field) => initialValue(field));
    const takes: Take[] = [];
    for (const [index, field] of fields.entries()) {
      if (field.field !== undefined)
        takes[field.field.id] = this.#take(field.field, field.schema, index);
      for (const [part, member] of field.oneof.entries()) {
        takes[member.id] = this.#oneofTake(member, field.schema, part, index);
      }
    }
    return (input) => {
      const values = initial.map((value) =>
        value === LIST ? [] : value === MAP ? new Map<unknown, unknown>() : value,
      );
      while (input.at < input.end) {
        const tag = input.unsigned();
        const take = takes[tag >>> 3];
        if (take === undefined) skip(input, tag & 7);
        else take(input, tag & 7, values);
      }
      return Struct.of(schema, values);
    };
  }

  /** A wrapper of Google's as its value. */
  wrapped(type: Type, schema: Schema): Read {
    const field = type.fields["value"]!;
    const take = this.#take(field, schema, 0);
    const zero = zeroOf(schema);
    return (input) => {
      const values: unknown[] = [zero];
      while (input.at < input.end) {
        const tag = input.unsigned();
        if (tag >>> 3 === field.id) take(input, tag & 7, values);
        else skip(input, tag & 7);
      }
      return values[0];
    };
  }

  #inner(type: Type, schema: Schema): Read {
    let read = this.#readers.get(type);
    if (read === undefined) {
      const { fields } = this.#translation.struct(type);
      read = this.message(type, { schema, fields });
      this.#readers.set(type, read);
    }
    return read;
  }

  #take(field: Field, schema: Schema, index: number): Take {
    if (schema.type === "MAP") return this.#mapTake(field, schema, index);
    if (schema.type === "ARRAY") return this.#listTake(field, schema, index);
    const read = this.#value(field, schema);
    return (input, _wire, values) => (values[index] = read(input));
  }

  #oneofTake(field: Field, union: Schema, part: number, index: number): Take {
    const read = this.#value(field, union.fields[part]!.schema);
    return (input, _wire, values) => {
      const parts = union.fields.map((): unknown => null);
      parts[part] = read(input);
      values[index] = Struct.of(union, parts);
    };
  }

  #listTake(field: Field, schema: Schema, index: number): Take {
    const read = this.#value(field, schema.valueSchema);
    const single = isMessage(field) || field.type === "string" || field.type === "bytes";
    return (input, wire, values) => {
      const list = values[index] as unknown[];
      if (single || wire !== DELIMITED) {
        list.push(read(input));
        return;
      }
      within(input, () => {
        while (input.at < input.end) list.push(read(input));
      });
    };
  }

  #mapTake(field: Field, schema: Schema, index: number): Take {
    const { key, value } = mapOf(field)!;
    const takeKey = this.#take(key, schema.keySchema, 0);
    const takeValue = this.#take(value, schema.valueSchema, 1);
    const zeros = [zeroOf(schema.keySchema), isMessage(value) ? null : zeroOf(schema.valueSchema)];
    return (input, _wire, values) => {
      const pair: unknown[] = [...zeros];
      within(input, () => {
        while (input.at < input.end) {
          const tag = input.unsigned();
          if (tag >>> 3 === 1) takeKey(input, tag & 7, pair);
          else if (tag >>> 3 === 2) takeValue(input, tag & 7, pair);
          else skip(input, tag & 7);
        }
      });
      (values[index] as Map<unknown, unknown>).set(pair[0], pair[1]);
    };
  }

  #value(field: Field, schema: Schema): Read {
    if (isEnum(field)) return enumReader(field, this.#config["int.for.enums"]);
    if (isMessage(field)) return this.#messageValue(field, schema);
    switch (field.type) {
      case "int32":
        return (input) => input.unsigned() | 0;
      case "uint32":
        return (input) => input.unsigned();
      case "sint32":
        return (input) => input.int();
      case "int64":
      case "uint64":
        return (input) => input.signedLong();
      case "sint64":
        return (input) => input.long();
      case "sfixed32":
        return (input) => input.fixed32();
      case "fixed32":
        return (input) => input.fixed32() >>> 0;
      case "sfixed64":
      case "fixed64":
        return (input) => input.fixed64();
      case "float":
        return (input) => input.float();
      case "double":
        return (input) => input.double();
      case "bool":
        return (input) => input.unsigned() !== 0;
      case "string":
        return (input) => input.text(input.unsigned());
      case "bytes":
        return (input) => input.bytes(input.unsigned());
      default:
        throw new DataError(`The type ${field.type} of ${field.name} is not supported`);
    }
  }

  #messageValue(field: Field, schema: Schema): Read {
    const read = this.#content(field.resolvedType as Type, schema);
    return (input) => {
      let value: unknown;
      within(input, () => (value = read(input)));
      return value;
    };
  }

  #content(type: Type, schema: Schema): Read {
    switch (schema.name) {
      case TIMESTAMP_NAME:
        return (input) => {
          const [, seconds = 0, nanos = 0] = numbers(input);
          return new Date(seconds * 1000 + Math.floor(nanos / 1_000_000));
        };
      case DATE_NAME:
        return (input) => {
          const [, year = 0, month = 1, day = 1] = numbers(input);
          const date = new Date(0);
          date.setUTCFullYear(year, month - 1, day);
          return date;
        };
      case TIME_NAME:
        return (input) => {
          const [, hours = 0, minutes = 0, seconds = 0, nanos = 0] = numbers(input);
          const millis = ((hours * 60 + minutes) * 60 + seconds) * 1000;
          return millisToTime(millis + Math.floor(nanos / 1_000_000));
        };
      case DECIMAL_NAME: {
        const scale = decimalScale(schema);
        return (input) => readDecimal(input, scale);
      }
      default:
        return schema.type === "STRUCT" ? this.#inner(type, schema) : this.wrapped(type, schema);
    }
  }
}

const LIST = Symbol("a list of its own");
const MAP = Symbol("a map of its own");

/** What a struct has where the message has nothing. */
function initialValue({ schema, field }: StructField): unknown {
  if (field === undefined) return null;
  if (schema.type === "ARRAY") return LIST;
  if (schema.type === "MAP") return MAP;
  if (isMessage(field)) return null;
  const optionalWord = field.partOf?.isProto3Optional === true;
  // Without the word nobody can tell an absent value from a zero.
  if (field.hasPresence && schema.optional && !optionalWord) return null;
  if (optionalWord && schema.optional) return null;
  if (isEnum(field)) return schema.type === "INT32" ? 0 : (symbolsOf(field).get(0) ?? null);
  return zeroOf(schema);
}

function zeroOf(schema: Schema): unknown {
  switch (schema.type) {
    case "STRING":
      return "";
    case "BOOLEAN":
      return false;
    case "BYTES":
      return Buffer.alloc(0);
    case "STRUCT":
      return null;
    default:
      return 0;
  }
}

function enumReader(field: Field, asNumber: boolean): Read {
  const symbols = symbolsOf(field);
  if (asNumber) return (input) => input.unsigned() | 0;
  return (input) => {
    const number = input.unsigned() | 0;
    const symbol = symbols.get(number);
    if (symbol === undefined) {
      throw new DataError(`The enum ${field.resolvedType!.name} has no symbol ${number}`);
    }
    return symbol;
  };
}

/** Reads what has its length before it. */
function within(input: ByteReader, read: () => void): void {
  const length = input.unsigned();
  const { end } = input;
  const inner = input.at + length;
  if (inner > end) throw new DataError("The message ends before its value does");
  input.end = inner;
  read();
  input.at = inner;
  input.end = end;
}

/** Whole numbers of the fields 1, 2, …, by field. */
function numbers(input: ByteReader): number[] {
  const found: number[] = [];
  while (input.at < input.end) {
    const tag = input.unsigned();
    if ((tag & 7) === 0) found[tag >>> 3] = Number(input.signedLong());
    else skip(input, tag & 7);
  }
  return found;
}

function readDecimal(input: ByteReader, scale: number): Decimal {
  let bytes: Uint8Array = Buffer.alloc(0);
  let own: number | undefined;
  while (input.at < input.end) {
    const tag = input.unsigned();
    if (tag === 10) bytes = input.bytes(input.unsigned());
    else if (tag === 24) own = input.unsigned() | 0;
    else skip(input, tag & 7);
  }
  return Decimal.fromBytes(bytes, own ?? scale).withScale(scale);
}

function skip(input: ByteReader, wire: number): void {
  switch (wire) {
    case 0:
      input.unsigned();
      return;
    case 1:
      return input.skip(8);
    case 2:
      return input.skip(input.unsigned());
    case 5:
      return input.skip(4);
    default:
      throw new DataError(`The message has a field of wire type ${wire}, which is not supported`);
  }
}
