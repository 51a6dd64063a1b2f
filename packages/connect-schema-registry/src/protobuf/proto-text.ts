import { GENERALIZED_ENUM, GENERALIZED_UNION, scrubName, splitName } from "@millrace/avro-data";
import {
  DataError,
  DATE_NAME,
  DECIMAL_NAME,
  decimalScale,
  type Field,
  type Schema,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import type { ProtobufConfig } from "./config.ts";
import { DEFAULT_NAME, ENUM, TAG, UNION, WRAPPERS } from "./names.ts";

const SCALARS: Readonly<Record<string, string>> = {
  INT8: "int32",
  INT16: "int32",
  INT32: "int32",
  INT64: "int64",
  FLOAT32: "float",
  FLOAT64: "double",
  BOOLEAN: "bool",
  STRING: "string",
  BYTES: "bytes",
};

/** A file of the language for a Connect schema, and the position of its message in it. */
export interface ProtoText {
  readonly text: string;
  readonly path: readonly number[];
  readonly messageName: string;
}

/** @throws {DataError} for data that Protobuf has no message for */
export function protoText(schema: Schema | null, config: ProtobufConfig): ProtoText {
  if (schema === null) {
    throw new DataError("ProtobufConverter needs data with a schema");
  }
  return schema.type === "STRUCT" ? new Writer(config).file(schema) : wrapper(schema);
}

/** Single values are messages of Google's wrappers. */
function wrapper(schema: Schema): ProtoText {
  const type = SCALARS[schema.type];
  const index = WRAPPERS.findIndex(([, wrapped]) => wrapped === type);
  if (index < 0 || schema.name === DECIMAL_NAME) {
    throw new DataError(`A ${schema.name ?? schema.type} cannot be a Protobuf message by itself`);
  }
  const messages = WRAPPERS.map(
    ([name, wrapped]) => `message ${name} {\n  ${wrapped} value = 1;\n}\n`,
  );
  const text = `syntax = "proto3";\npackage google.protobuf;\n\n${messages.join("")}`;
  return { text, path: [index], messageName: `google.protobuf.${WRAPPERS[index]![0]}` };
}

/** Whether a struct stands for a oneof. */
export function isOneof({ type, name, parameters }: Schema): boolean {
  return (
    type === "STRUCT" &&
    (name?.startsWith(`${UNION}.`) === true || parameters?.has(GENERALIZED_UNION) === true)
  );
}

class Writer {
  readonly #config: ProtobufConfig;
  readonly #imports = new Set<string>();
  #unnamed = 0;

  constructor(config: ProtobufConfig) {
    this.#config = config;
  }

  file(schema: Schema): ProtoText {
    const { name, namespace } = splitName(schema.name ?? this.#nextName());
    const message = this.#message(this.#valid(name), schema);
    const imports = [...this.#imports].sort().map((file) => `import "${file}";\n`);
    const text = [
      `syntax = "proto3";\n`,
      namespace === undefined ? "" : `package ${namespace};\n`,
      imports.length === 0 ? "" : `\n${imports.join("")}`,
      `\n${message}`,
    ].join("");
    const messageName = namespace === undefined ? name : `${namespace}.${name}`;
    return { text, path: [0], messageName };
  }

  #nextName(): string {
    return `${DEFAULT_NAME}${++this.#unnamed}`;
  }

  #valid(name: string): string {
    const scrubbed = this.#config["scrub.invalid.names"] ? scrubName(name) : name;
    if (/^[A-Za-z_]\w*$/.test(scrubbed)) return scrubbed;
    throw new DataError(
      `The name ${name} is none that Protobuf allows: set scrub.invalid.names=true to have it replaced`,
    );
  }

  #message(name: string, schema: Schema): string {
    const inner = new Map<string, { readonly schema: Schema; readonly text: string }>();
    const lines: string[] = [];
    let number = 0;
    const numberOf = ({ schema }: Field): number => {
      const tag = schema.parameters?.get(TAG);
      number = tag === undefined ? number + 1 : Number(tag);
      return number;
    };
    for (const field of schema.fields) {
      if (isOneof(field.schema)) {
        const parts = field.schema.fields.map(
          (part) => `    ${this.#field(part, numberOf(part), inner, true)}`,
        );
        const oneof = this.#valid(field.name.replace(/_\d+$/, ""));
        lines.push(`oneof ${oneof} {\n${parts.join("\n")}\n  }`);
      } else {
        lines.push(this.#field(field, numberOf(field), inner, false));
      }
    }
    const nested = [...inner.values()].map(({ text }) => text.trimEnd().replaceAll("\n", "\n  "));
    const body = [...lines, ...nested].map((line) => `  ${line}\n`);
    return `message ${name} {\n${body.join("")}}\n`;
  }

  #field(
    field: Field,
    number: number,
    inner: Map<string, { readonly schema: Schema; readonly text: string }>,
    inOneof: boolean,
  ): string {
    const { schema } = field;
    const name = this.#valid(field.name);
    if (schema.type === "MAP") return `${this.#map(field, inner)} ${name} = ${number};`;
    const isList = schema.type === "ARRAY";
    const item = isList ? schema.valueSchema : schema;
    if (isList && (item.type === "ARRAY" || item.type === "MAP")) {
      throw new DataError(`Protobuf has no lists of lists or maps, as ${field.name} is one`);
    }
    const type = this.#type(item, field.name, inner, !isList && !inOneof);
    const isScalar = type === SCALARS[item.type];
    const label = isList
      ? "repeated "
      : !inOneof && schema.optional && isScalar && this.#config["optional.for.nullables"]
        ? "optional "
        : "";
    return `${label}${type} ${name} = ${number}${this.#meta(item)};`;
  }

  #map(
    { name, schema }: Field,
    inner: Map<string, { readonly schema: Schema; readonly text: string }>,
  ): string {
    const { keySchema, valueSchema } = schema;
    const isKey = /^(INT|BOOLEAN|STRING)/.test(keySchema.type) && keySchema.name === undefined;
    if (
      isKey &&
      valueSchema.type !== "ARRAY" &&
      valueSchema.type !== "MAP" &&
      !needsMeta(keySchema)
    ) {
      return `map<${SCALARS[keySchema.type]!}, ${this.#type(valueSchema, name, inner, false)}>`;
    }
    const entry = `${name[0]!.toUpperCase()}${name.slice(1)}Entry`;
    const fields: Field[] = [
      { name: "key", index: 0, schema: keySchema },
      { name: "value", index: 1, schema: valueSchema },
    ];
    const deeper = new Map<string, { readonly schema: Schema; readonly text: string }>();
    const lines = fields.map((part, i) => `  ${this.#field(part, i + 1, deeper, false)}\n`);
    const nested = [...deeper.values()].map(
      ({ text }) => `  ${text.trimEnd().replaceAll("\n", "\n  ")}\n`,
    );
    const text = `message ${this.#valid(entry)} {\n${lines.join("")}${nested.join("")}}\n`;
    inner.set(entry, { schema, text });
    return `repeated ${entry}`;
  }

  #type(
    schema: Schema,
    fieldName: string,
    inner: Map<string, { readonly schema: Schema; readonly text: string }>,
    mayWrap: boolean,
  ): string {
    switch (schema.name) {
      case DECIMAL_NAME:
        return this.#imported("confluent/type/decimal.proto", "confluent.type.Decimal");
      case DATE_NAME:
        return this.#imported("google/type/date.proto", "google.type.Date");
      case TIME_NAME:
        return this.#imported("google/type/timeofday.proto", "google.type.TimeOfDay");
      case TIMESTAMP_NAME:
        return this.#imported("google/protobuf/timestamp.proto", "google.protobuf.Timestamp");
      default:
        break;
    }
    if (schema.type === "STRUCT") return this.#nested(schema, inner);
    const asEnum = this.#enum(schema, fieldName, inner);
    if (asEnum !== undefined) return asEnum;
    const scalar = SCALARS[schema.type]!;
    if (mayWrap && schema.optional && this.#config["wrapper.for.nullables"]) {
      const [wrapped] = WRAPPERS.find(([, type]) => type === scalar)!;
      return this.#imported("google/protobuf/wrappers.proto", `google.protobuf.${wrapped}`);
    }
    return scalar;
  }

  #imported(file: string, type: string): string {
    this.#imports.add(file);
    return type;
  }

  #nested(
    schema: Schema,
    inner: Map<string, { readonly schema: Schema; readonly text: string }>,
  ): string {
    const same = [...inner].find(([, other]) => other.schema === schema);
    if (same !== undefined) return same[0];
    const given = schema.name === undefined ? this.#nextName() : splitName(schema.name).name;
    const name = this.#valid(given);
    const text = this.#message(name, schema);
    const before = inner.get(name);
    if (before !== undefined && before.text !== text) {
      throw new DataError(`Two different structs of one message have the name ${name}`);
    }
    inner.set(name, { schema, text });
    return name;
  }

  #enum(
    { parameters }: Schema,
    fieldName: string,
    inner: Map<string, { readonly schema: Schema; readonly text: string }>,
  ): string | undefined {
    const parameter = [GENERALIZED_ENUM, ENUM].find((name) => parameters?.has(name));
    if (parameter === undefined) return undefined;
    const prefix = `${parameter}.`;
    const symbols = [...parameters!].filter(([key]) => key.startsWith(prefix));
    const given = parameters!.get(parameter)!;
    const name = this.#valid(given === "" ? `${fieldName}_enum` : splitName(given).name);
    const lines = symbols.map(([key, number]) => `  ${key.slice(prefix.length)} = ${number};\n`);
    const text = `enum ${name} {\n${lines.join("")}}\n`;
    inner.set(name, { schema: undefined as never, text });
    return name;
  }

  #meta(schema: Schema): string {
    const params: [string, string][] = [];
    if (needsMeta(schema)) params.push(["connect.type", schema.type.toLowerCase()]);
    if (schema.name === DECIMAL_NAME) {
      params.push(["scale", String(decimalScale(schema))]);
      const precision = schema.parameters?.get("connect.decimal.precision");
      if (precision !== undefined) params.push(["precision", precision]);
    }
    if (params.length === 0) return "";
    this.#imports.add("confluent/meta.proto");
    const entries = params.map(
      ([key, value]) => `      {\n        key: "${key}",\n        value: "${value}"\n      }`,
    );
    return ` [(confluent.field_meta) = {\n    params: [\n${entries.join(",\n")}\n    ]\n  }]`;
  }
}

/** Types that Protobuf has only wider ones for. */
const needsMeta = ({ type, name }: Schema): boolean =>
  (type === "INT8" || type === "INT16") && name === undefined;
