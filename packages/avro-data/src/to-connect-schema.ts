import {
  BOOLEAN_SCHEMA,
  BYTES_SCHEMA,
  copySchema,
  DataError,
  DATE_SCHEMA,
  DECIMAL_NAME,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  fitsSchema,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  Schema,
  STRING_SCHEMA,
  TIME_SCHEMA,
  TIMESTAMP_SCHEMA,
} from "@millrace/connect-api";
import { isAnything } from "./anything.ts";
import {
  type AvroEnum,
  type AvroField,
  type AvroRecord,
  type AvroSchema,
  type AvroUnion,
  isNamed,
  prop,
  splitName,
} from "./avro-schema.ts";
import type { AvroDataConfig } from "./config.ts";
import { defaultFromJson } from "./default-value.ts";
import {
  AVRO_PROPERTY_PREFIX,
  CONNECT_DEFAULT,
  CONNECT_DOC,
  CONNECT_NAME,
  CONNECT_PARAMETERS,
  CONNECT_TYPE,
  CONNECT_VERSION,
  DECIMAL_PRECISION_PARAMETER,
  DEFAULT_DECIMAL_PRECISION,
  DEFAULT_RECORD_NAME,
  ENUM_DEFAULT_PARAMETER,
  ENUM_DOC_PARAMETER,
  ENUM_PARAMETER,
  FIELD_DOC_PARAMETER,
  FIXED_SIZE_PARAMETER,
  GENERALIZED_ENUM,
  GENERALIZED_UNION,
  GENERALIZED_UNION_FIELD,
  GENERALIZED_UNION_NAME,
  INTERNAL_TYPE,
  MAP_ENTRY,
  NAMESPACE,
  RECORD_DOC_PARAMETER,
  UNION_NAME,
} from "./names.ts";

/**
 * The Connect schema of an Avro schema, as Confluent's `AvroData.toConnectSchema` makes it;
 * null for that of data without schema.
 * @param version of the schema in its subject, for a schema that does not name its own
 * @throws {DataError} for what Connect cannot hold: recursive types, a type of nulls alone
 */
export function toConnectSchema(
  avro: AvroSchema,
  config: AvroDataConfig,
  version?: number,
): Schema | null {
  if (isAnything(avro)) return null;
  return new Translation(config).schema(avro, { version });
}

/** Whether an array is a map whose keys are no texts. */
export function isMapEntry(items: AvroSchema): items is AvroRecord {
  return (
    items.type === "record" &&
    (items.fullName === `${NAMESPACE}.${MAP_ENTRY}` || items.props.get(INTERNAL_TYPE) === MAP_ENTRY)
  );
}

/** What stands for the null or optional part of a union, if it has just two parts. */
export function nullableBranch(union: AvroUnion): AvroSchema | undefined {
  const { branches } = union;
  return branches.length === 2 && branches.some(({ type }) => type === "null")
    ? branches.find(({ type }) => type !== "null")
    : undefined;
}

interface Around {
  readonly optional?: boolean;
  readonly field?: AvroField;
  readonly version?: number | undefined;
}

class Translation {
  readonly #config: AvroDataConfig;
  readonly #under = new Set<AvroRecord>();
  #unions = 0;

  constructor(config: AvroDataConfig) {
    this.#config = config;
  }

  schema(avro: AvroSchema, around: Around): Schema {
    if (avro.type === "union") {
      const only = nullableBranch(avro);
      if (only !== undefined) return this.schema(only, { ...around, optional: true });
      if (avro.branches.length === 1 && this.#config["flatten.singleton.unions"]) {
        return this.schema(avro.branches[0]!, around);
      }
      return this.#union(avro, around);
    }
    return this.#finish(avro, this.#base(avro), around);
  }

  #base(avro: Exclude<AvroSchema, AvroUnion>): Schema {
    switch (avro.type) {
      case "boolean":
        return BOOLEAN_SCHEMA;
      case "float":
        return FLOAT32_SCHEMA;
      case "double":
        return FLOAT64_SCHEMA;
      case "string":
        return STRING_SCHEMA;
      case "int":
        return intSchema(avro);
      case "long":
        return prop(avro, "logicalType") === "timestamp-millis" ? TIMESTAMP_SCHEMA : INT64_SCHEMA;
      case "bytes":
      case "fixed":
        return bytesSchema(avro);
      case "enum":
        return STRING_SCHEMA;
      case "array":
        return this.#array(avro.items);
      case "map":
        return new Schema({
          type: "MAP",
          keySchema: STRING_SCHEMA,
          valueSchema: this.schema(avro.values, {}),
        });
      case "record":
        return this.#record(avro);
      case "null":
        throw new DataError("Standalone null schemas are not supported by this converter");
    }
  }

  #array(items: AvroSchema): Schema {
    if (!isMapEntry(items)) {
      return new Schema({ type: "ARRAY", valueSchema: this.schema(items, {}) });
    }
    const [key, value] = items.fields;
    if (items.fields.length !== 2 || key?.name !== "key" || value?.name !== "value") {
      throw new DataError(
        "Found map encoded as array of key-value pairs, but array elements do not match the expected format.",
      );
    }
    const keySchema = this.schema(key.schema, {});
    return new Schema({ type: "MAP", keySchema, valueSchema: this.schema(value.schema, {}) });
  }

  #record(avro: AvroRecord): Schema {
    if (this.#under.has(avro)) {
      throw new DataError(
        `The Avro record ${avro.fullName} contains itself, which is not supported`,
      );
    }
    this.#under.add(avro);
    const fields = avro.fields.map((field) => ({
      name: field.name,
      schema: this.schema(field.schema, { field }),
    }));
    this.#under.delete(avro);
    return new Schema({ type: "STRUCT", fields });
  }

  /** A union of several types is a struct with one optional field for each. */
  #union(avro: AvroUnion, around: Around): Schema {
    const generalized = this.#config["generalized.sum.type.support"];
    const name = generalized ? `${GENERALIZED_UNION_NAME}${this.#unions++}` : UNION_NAME;
    const fields: { name: string; schema: Schema }[] = [];
    for (const branch of avro.branches) {
      if (branch.type === "null") continue;
      const fieldName = generalized
        ? `${GENERALIZED_UNION_FIELD}${fields.length}`
        : unionFieldName(branch, this.#config);
      if (fields.some((field) => field.name === fieldName)) {
        throw new DataError(
          `Multiple union schemas map to the Connect union field name ${fieldName}; enhanced.avro.schema.support=true tells records of one name apart by their namespace`,
        );
      }
      fields.push({ name: fieldName, schema: this.schema(branch, { optional: true }) });
    }
    const optional = around.optional === true || avro.branches.some(({ type }) => type === "null");
    return new Schema({
      type: "STRUCT",
      name,
      fields,
      optional,
      ...(around.field?.doc !== undefined && { doc: around.field.doc }),
      ...(generalized && { parameters: new Map([[GENERALIZED_UNION, name]]) }),
    });
  }

  /** Adds what does not depend on the type. */
  #finish(avro: Exclude<AvroSchema, AvroUnion>, base: Schema, around: Around): Schema {
    const doc = this.#doc(avro, around.field);
    const version = prop(avro, CONNECT_VERSION) ?? around.version ?? base.version;
    const name = this.#name(avro, base);
    const parameters = this.#parameters(avro, base);
    const optional = around.optional ?? false;
    const schema = copySchema(base, {
      optional,
      ...(doc !== undefined && { doc }),
      ...(version !== undefined && { version: Number(version) }),
      ...(name !== undefined && { name }),
      ...(parameters.size > 0 && { parameters }),
    });
    const defaultValue = this.#default(avro, schema, around);
    return defaultValue === undefined ? schema : copySchema(schema, { defaultValue });
  }

  #doc(avro: AvroSchema, field: AvroField | undefined): string | undefined {
    if (field?.doc !== undefined) return field.doc;
    if (this.#config["discard.type.doc.default"]) return undefined;
    return (
      (isNamed(avro) ? avro.doc : undefined) ?? (prop(avro, CONNECT_DOC) as string | undefined)
    );
  }

  #name(avro: AvroSchema, base: Schema): string | undefined {
    const given = prop(avro, CONNECT_NAME);
    if (typeof given === "string") return given;
    if (base.name !== undefined || !isNamed(avro)) return base.name;
    const { name, namespace } = splitName(avro.fullName);
    const unnamed = namespace === NAMESPACE && /^ConnectDefault\d*$/.test(name);
    return unnamed && name === DEFAULT_RECORD_NAME ? undefined : avro.fullName;
  }

  #parameters(avro: AvroSchema, base: Schema): Map<string, string> {
    const parameters = new Map(base.parameters);
    if (avro.type === "enum") this.#enumParameters(avro, parameters);
    if (avro.type === "record" && this.#config["connect.meta.data"]) {
      for (const { name, doc } of avro.fields) {
        if (doc !== undefined) parameters.set(`${FIELD_DOC_PARAMETER}${name}`, doc);
      }
      if (avro.doc !== undefined) parameters.set(RECORD_DOC_PARAMETER, avro.doc);
    }
    const given = prop(avro, CONNECT_PARAMETERS);
    if (typeof given === "object" && given !== null) {
      for (const [key, value] of Object.entries(given)) parameters.set(key, String(value));
    }
    if (avro.type !== "union") {
      for (const [key, value] of avro.props) {
        if (key.startsWith(AVRO_PROPERTY_PREFIX)) parameters.set(key, String(value));
      }
    }
    return parameters;
  }

  #enumParameters(avro: AvroEnum, parameters: Map<string, string>): void {
    const generalized = this.#config["generalized.sum.type.support"];
    const parameter = generalized ? GENERALIZED_ENUM : ENUM_PARAMETER;
    const { name } = splitName(avro.fullName);
    if (avro.doc !== undefined) parameters.set(`${ENUM_DOC_PARAMETER}${name}`, avro.doc);
    if (avro.defaultSymbol !== undefined) {
      parameters.set(`${ENUM_DEFAULT_PARAMETER}${name}`, avro.defaultSymbol);
    }
    parameters.set(parameter, avro.fullName);
    for (const [index, symbol] of avro.symbols.entries()) {
      parameters.set(`${parameter}.${symbol}`, generalized ? String(index) : symbol);
    }
  }

  #default(avro: AvroSchema, schema: Schema, { field, optional }: Around): unknown {
    if (optional === true && this.#config["ignore.default.for.nullables"]) return undefined;
    const ofType = this.#config["discard.type.doc.default"]
      ? undefined
      : prop(avro, CONNECT_DEFAULT);
    const json = field?.defaultValue ?? ofType;
    if (json === undefined || json === null) return undefined;
    const value = defaultFromJson(schema, json);
    if (value === undefined || !fitsSchema(schema, value)) {
      throw new DataError(
        `The Avro schema's default ${JSON.stringify(json)} for ${field?.name ?? avro.type} is not of type ${schema.type}`,
      );
    }
    return value;
  }
}

/** Of the union's struct, the name of the field for one of the union's types. */
export function unionFieldName(branch: AvroSchema, config: AvroDataConfig): string {
  if (!isNamed(branch)) return branch.type;
  return config["enhanced.avro.schema.support"] ? branch.fullName : splitName(branch.fullName).name;
}

function intSchema(avro: AvroSchema): Schema {
  switch (prop(avro, "logicalType")) {
    case "date":
      return DATE_SCHEMA;
    case "time-millis":
      return TIME_SCHEMA;
    default:
      break;
  }
  switch (prop(avro, CONNECT_TYPE)) {
    case "int8":
      return INT8_SCHEMA;
    case "int16":
      return INT16_SCHEMA;
    default:
      return INT32_SCHEMA;
  }
}

function bytesSchema(avro: AvroSchema): Schema {
  const parameters = new Map<string, string>();
  if (avro.type === "fixed") parameters.set(FIXED_SIZE_PARAMETER, String(avro.size));
  if (prop(avro, "logicalType") !== "decimal") {
    return parameters.size === 0 ? BYTES_SCHEMA : new Schema({ type: "BYTES", parameters });
  }
  const scale = prop(avro, "scale");
  const precision = prop(avro, "precision");
  parameters.set("scale", String(typeof scale === "number" ? scale : 0));
  if (typeof precision === "number" && precision !== DEFAULT_DECIMAL_PRECISION) {
    parameters.set(DECIMAL_PRECISION_PARAMETER, String(precision));
  }
  return new Schema({ type: "BYTES", name: DECIMAL_NAME, version: 1, parameters });
}
