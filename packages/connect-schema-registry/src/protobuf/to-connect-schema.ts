import {
  GENERALIZED_ENUM,
  GENERALIZED_UNION,
  GENERALIZED_UNION_FIELD,
  GENERALIZED_UNION_NAME,
} from "@millrace/avro-data";
import {
  DATE_NAME,
  DECIMAL_NAME,
  DataError,
  Schema,
  type SchemaType,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import type { Field, OneOf, Type } from "protobufjs";
import type { ProtobufConfig } from "./config.ts";
import { DATE, DECIMAL, ENUM, TAG, TIME_OF_DAY, TIMESTAMP, UNION, WRAPPERS } from "./names.ts";
import { isEnum, isMessage, mapOf, metaOf, symbolsOf } from "./parse.ts";

/** What one field of a struct is made of: a field of the message, or a oneof of several. */
export interface StructField {
  readonly name: string;
  readonly schema: Schema;
  readonly field: Field | undefined;
  readonly oneof: readonly Field[];
}

/** A message as a struct. */
export interface MessageStruct {
  readonly schema: Schema;
  readonly fields: readonly StructField[];
}

/** Of Google's wrappers, the type of the value; undefined for any other message. */
export function wrappedType(type: Type): SchemaType | undefined {
  const scalar = WRAPPERS.find(([name]) => type.fullName === `.google.protobuf.${name}`)?.[1];
  return scalar === undefined ? undefined : SCALARS[scalar];
}

const SCALARS: Readonly<Record<string, SchemaType>> = {
  int32: "INT32",
  sint32: "INT32",
  sfixed32: "INT32",
  uint32: "INT64",
  fixed32: "INT64",
  int64: "INT64",
  sint64: "INT64",
  sfixed64: "INT64",
  uint64: "INT64",
  fixed64: "INT64",
  float: "FLOAT32",
  double: "FLOAT64",
  bool: "BOOLEAN",
  string: "STRING",
  bytes: "BYTES",
};

/** Translates messages as Confluent's `ProtobufData.toConnectSchema` does. */
export class Translation {
  readonly #config: ProtobufConfig;
  readonly #structs = new Map<Type, MessageStruct>();
  readonly #under = new Set<Type>();
  #unions = 0;

  constructor(config: ProtobufConfig) {
    this.#config = config;
  }

  /** @throws {DataError} for a message that contains itself */
  struct(type: Type, version?: number): MessageStruct {
    const known = this.#structs.get(type);
    if (known !== undefined) return known;
    if (this.#under.has(type)) {
      throw new DataError(
        `The message ${type.fullName.slice(1)} contains itself, which is not supported`,
      );
    }
    this.#under.add(type);
    const fields: StructField[] = [];
    const seen = new Set<OneOf>();
    for (const field of type.fieldsArray) {
      const oneof = field.partOf;
      if (oneof === null || oneof === undefined || oneof.isProto3Optional) {
        fields.push({ name: field.name, schema: this.field(field), field, oneof: [] });
      } else if (!seen.has(oneof)) {
        seen.add(oneof);
        fields.push(this.#oneof(oneof, seen.size - 1));
      }
    }
    this.#under.delete(type);
    const name = this.#config["enhanced.protobuf.schema.support"]
      ? type.fullName.slice(1)
      : type.name;
    const schema = new Schema({ type: "STRUCT", name, fields, version });
    const struct = { schema, fields };
    if (version === undefined) this.#structs.set(type, struct);
    return struct;
  }

  #oneof(oneof: OneOf, index: number): StructField {
    const generalized = this.#config["generalized.sum.type.support"];
    const parts = oneof.fieldsArray.map((field, i) => ({
      name: generalized ? `${GENERALIZED_UNION_FIELD}${i}` : field.name,
      schema: this.field(field, true),
    }));
    const name = generalized
      ? `${GENERALIZED_UNION_NAME}${this.#unions++}`
      : `${UNION}.${oneof.name}`;
    const schema = new Schema({
      type: "STRUCT",
      name,
      optional: true,
      fields: parts,
      ...(generalized && { parameters: new Map([[GENERALIZED_UNION, name]]) }),
    });
    const suffix = this.#config["generate.index.for.unions"] ? `_${index}` : "";
    return {
      name: `${oneof.name}${suffix}`,
      schema,
      field: undefined,
      oneof: oneof.fieldsArray,
    };
  }

  /** The schema of a field. @param inOneof it is optional then */
  field(field: Field, inOneof = false): Schema {
    const parameters = new Map([[TAG, String(field.id)]]);
    const optional = inOneof || this.#isOptional(field);
    const map = mapOf(field);
    if (map !== undefined) {
      const keySchema = this.#item(map.key, true, new Map());
      const valueSchema = this.#item(map.value, false, new Map());
      return new Schema({ type: "MAP", optional, keySchema, valueSchema, parameters });
    }
    if (!field.repeated) return this.#item(field, !optional, parameters);
    const valueSchema = this.#item(field, true, new Map());
    return new Schema({ type: "ARRAY", optional, valueSchema, parameters });
  }

  #isOptional(field: Field): boolean {
    if (field.required) return false;
    const hasWord = field.partOf?.isProto3Optional === true || isProto2Optional(field);
    if (isProto2(field)) return this.#config["optional.for.proto2"] ? !field.required : true;
    if (this.#config["optional.for.nullables"])
      return hasWord || (isMessage(field) && !field.repeated);
    if (this.#config["wrapper.for.nullables"]) return isMessage(field) && !field.repeated;
    return true;
  }

  #item(field: Field, required: boolean, parameters: Map<string, string>): Schema {
    const optional = !required;
    const more = { optional, parameters };
    if (isEnum(field)) return this.#enum(field, optional, parameters);
    if (!isMessage(field)) return new Schema({ type: scalarType(field), ...more });
    const type = field.resolvedType as Type;
    switch (type.fullName) {
      case TIMESTAMP:
        return new Schema({ type: "INT64", name: TIMESTAMP_NAME, version: 1, ...more });
      case DATE:
        return new Schema({ type: "INT32", name: DATE_NAME, version: 1, ...more });
      case TIME_OF_DAY:
        return new Schema({ type: "INT32", name: TIME_NAME, version: 1, ...more });
      case DECIMAL: {
        const meta = metaOf(field);
        parameters.set("scale", meta.get("scale") ?? "0");
        const precision = meta.get("precision");
        if (precision !== undefined) parameters.set("connect.decimal.precision", precision);
        return new Schema({ type: "BYTES", name: DECIMAL_NAME, version: 1, ...more });
      }
      default:
        break;
    }
    const wrapped = this.#config["wrapper.for.nullables"] ? wrappedType(type) : undefined;
    if (wrapped !== undefined) return new Schema({ type: wrapped, ...more });
    const { schema } = this.struct(type);
    const { name, fields } = schema;
    return new Schema({ type: "STRUCT", name, fields, ...more });
  }

  #enum(field: Field, optional: boolean, parameters: Map<string, string>): Schema {
    if (this.#config["int.for.enums"]) return new Schema({ type: "INT32", optional, parameters });
    const generalized = this.#config["generalized.sum.type.support"];
    const parameter = generalized ? GENERALIZED_ENUM : ENUM;
    parameters.set(parameter, field.resolvedType!.name);
    for (const [number, symbol] of [...symbolsOf(field)].toReversed()) {
      parameters.set(`${parameter}.${symbol}`, String(number));
    }
    return new Schema({ type: "STRING", optional, parameters });
  }
}

function scalarType(field: Field): SchemaType {
  const type = SCALARS[field.type];
  if (type === undefined)
    throw new DataError(`The type ${field.type} of ${field.name} is not supported`);
  const narrow = metaOf(field).get("connect.type");
  return type === "INT32" && (narrow === "int8" || narrow === "int16")
    ? (narrow.toUpperCase() as SchemaType)
    : type;
}

/** Fields of proto2 and of editions know whether they were set. */
const isProto2 = (field: Field): boolean =>
  field.hasPresence && field.partOf === null && !isMessage(field);

const isProto2Optional = (field: Field): boolean => isProto2(field) && field.optional;
