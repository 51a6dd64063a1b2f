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
import { ANYTHING } from "./anything.ts";
import {
  type AvroField,
  type AvroProps,
  type AvroRecord,
  type AvroSchema,
  primitive,
} from "./avro-schema.ts";
import type { AvroDataConfig } from "./config.ts";
import { defaultToJson } from "./default-value.ts";
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
  INTERNAL_TYPE,
  MAP_ENTRY,
  NAMESPACE,
  RECORD_DOC_PARAMETER,
  UNION_NAME,
} from "./names.ts";
import { scrubFullName, scrubName } from "./scrub.ts";

const VALID_NAME = /^[\p{L}_][\p{L}\p{Nd}_]*$/u;

/**
 * The Avro schema of a Connect schema, as Confluent's `AvroData.fromConnectSchema` makes it;
 * data without schema is of the type Anything.
 * @throws {DataError} for names that Avro does not allow
 */
export function fromConnectSchema(schema: Schema | null, config: AvroDataConfig): AvroSchema {
  return schema === null ? ANYTHING : new Translation(config).schema(schema);
}

/** Whether a struct stands for a union: its one field that is not null is the value. */
export function isUnion(schema: Schema): boolean {
  return (
    schema.type === "STRUCT" &&
    (schema.name === UNION_NAME || schema.parameters?.has(GENERALIZED_UNION) === true)
  );
}

/** Whether Avro's map can hold it. */
export function hasTextKeys(schema: Schema, config: AvroDataConfig): boolean {
  const { keySchema } = schema;
  return keySchema.type === "STRING" && (!keySchema.optional || config["allow.optional.map.keys"]);
}

interface MapEntryRecord {
  readonly name: string | undefined;
  readonly keySchema: Schema;
  readonly valueSchema: Schema;
  readonly record: AvroRecord;
}

class Translation {
  readonly #config: AvroDataConfig;
  readonly #structs: { readonly schema: Schema; readonly record: AvroRecord }[] = [];
  readonly #entries: MapEntryRecord[] = [];
  #unnamed = 0;

  constructor(config: AvroDataConfig) {
    this.#config = config;
  }

  schema(schema: Schema): AvroSchema {
    if (isUnion(schema)) return this.#union(schema);
    const base = this.#required(schema);
    if (!schema.optional) return base;
    const none = primitive("null");
    // The default of a field must be of the union's first type.
    const branches = schema.defaultValue === undefined ? [none, base] : [base, none];
    return { type: "union", branches };
  }

  #required(schema: Schema): AvroSchema {
    switch (schema.type) {
      case "INT8":
        return this.#primitive("int", schema, "int8");
      case "INT16":
        return this.#primitive("int", schema, "int16");
      case "INT32":
        return this.#primitive("int", schema);
      case "INT64":
        return this.#primitive("long", schema);
      case "FLOAT32":
        return this.#primitive("float", schema);
      case "FLOAT64":
        return this.#primitive("double", schema);
      case "BOOLEAN":
        return this.#primitive("boolean", schema);
      case "STRING":
        return this.#enum(schema) ?? this.#primitive("string", schema);
      case "BYTES":
        return this.#fixed(schema) ?? this.#primitive("bytes", schema);
      case "ARRAY":
        return {
          type: "array",
          items: this.schema(schema.valueSchema),
          props: this.#metadata(schema),
        };
      case "MAP":
        return this.#map(schema);
      case "STRUCT":
        return this.#struct(schema);
    }
  }

  #primitive(
    type: "int" | "long" | "float" | "double" | "boolean" | "string" | "bytes",
    schema: Schema,
    connectType?: string,
  ): AvroSchema {
    return { type, props: this.#metadata(schema, connectType) };
  }

  #enum(schema: Schema): AvroSchema | undefined {
    const { parameters } = schema;
    if (parameters === undefined) return undefined;
    const generalized =
      this.#config["generalized.sum.type.support"] && parameters.has(GENERALIZED_ENUM);
    const enhanced = this.#config["enhanced.avro.schema.support"] && parameters.has(ENUM_PARAMETER);
    if (!generalized && !enhanced) return undefined;
    const parameter = generalized ? GENERALIZED_ENUM : ENUM_PARAMETER;
    const enumName = parameters.get(parameter)!;
    const prefix = `${parameter}.`;
    const symbols = [...parameters]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key]) => key.slice(prefix.length));
    const { name } = parts(enumName);
    return {
      type: "enum",
      fullName: this.#validName(enumName),
      doc: parameters.get(`${ENUM_DOC_PARAMETER}${name}`),
      symbols,
      defaultSymbol: parameters.get(`${ENUM_DEFAULT_PARAMETER}${name}`),
      aliases: [],
      props: this.#metadata(schema),
    };
  }

  #fixed(schema: Schema): AvroSchema | undefined {
    const size = schema.parameters?.get(FIXED_SIZE_PARAMETER);
    if (size === undefined || schema.name === undefined || schema.name === DECIMAL_NAME) {
      return undefined;
    }
    const fullName = this.#validName(schema.name);
    const props = this.#metadata(schema);
    return { type: "fixed", fullName, doc: undefined, size: Number(size), aliases: [], props };
  }

  #map(schema: Schema): AvroSchema {
    const props = this.#metadata(schema);
    if (hasTextKeys(schema, this.#config)) {
      return { type: "map", values: this.schema(schema.valueSchema), props };
    }
    const fields = [
      this.#field("key", schema.keySchema, undefined),
      this.#field("value", schema.valueSchema, undefined),
    ];
    return { type: "array", items: this.#mapEntry(schema, fields), props };
  }

  /**
   * Java gives each entry of a map without name the same name and fails where a schema has two
   * such maps that differ: the second is numbered here, in a way that Java's reader knows.
   */
  #mapEntry({ name, keySchema, valueSchema }: Schema, fields: AvroField[]): AvroRecord {
    const known = this.#entries.find(
      (entry) =>
        entry.name === name &&
        entry.keySchema.equals(keySchema) &&
        entry.valueSchema.equals(valueSchema),
    );
    if (known !== undefined) return known.record;
    const plain = `${NAMESPACE}.${MAP_ENTRY}`;
    const number = this.#entries.filter((entry) => entry.name === undefined).length + 1;
    const fullName =
      name !== undefined ? this.#validName(name) : number === 1 ? plain : `${plain}${number}`;
    const record: AvroRecord = {
      type: "record",
      fullName,
      doc: undefined,
      aliases: [],
      fields,
      props: new Map(fullName === plain ? [] : [[INTERNAL_TYPE, MAP_ENTRY]]),
    };
    this.#entries.push({ name, keySchema, valueSchema, record });
    return record;
  }

  #union(schema: Schema): AvroSchema {
    const branches = schema.fields.map((field) => {
      const branch = this.schema(field.schema);
      // Each field of a union is optional: only one of them is set.
      return branch.type === "union" && branch.branches.length === 2
        ? branch.branches.find(({ type }) => type !== "null")!
        : branch;
    });
    return {
      type: "union",
      branches: schema.optional ? [primitive("null"), ...branches] : branches,
    };
  }

  #struct(schema: Schema): AvroRecord {
    const known = this.#structs.find(
      (other) => other.schema === schema || sameStruct(other.schema, schema),
    );
    if (known !== undefined) return known.record;
    const record: AvroRecord = {
      type: "record",
      fullName: this.#recordName(schema),
      doc: schema.parameters?.get(RECORD_DOC_PARAMETER),
      aliases: [],
      fields: [],
      props: this.#metadata(schema),
    };
    this.#structs.push({ schema, record });
    record.fields = schema.fields.map((field) => this.#structField(schema, field));
    return record;
  }

  #structField(schema: Schema, field: Field): AvroField {
    const doc = this.#config["discard.type.doc.default"]
      ? field.schema.doc
      : schema.parameters?.get(`${FIELD_DOC_PARAMETER}${field.name}`);
    return this.#field(this.#validName(field.name), field.schema, doc);
  }

  #field(name: string, schema: Schema, doc: string | undefined): AvroField {
    const byDefault = schema.defaultValue;
    const defaultValue =
      byDefault !== undefined
        ? defaultToJson(schema, byDefault)
        : schema.optional
          ? null
          : undefined;
    const type = this.schema(schema);
    return {
      name,
      schema: type,
      doc,
      // A union without null has no default that is null.
      defaultValue:
        defaultValue === null && type.type === "union" && type.branches[0]?.type !== "null"
          ? undefined
          : defaultValue,
      aliases: [],
      order: undefined,
      props: new Map(),
    };
  }

  #recordName(schema: Schema): string {
    if (schema.name !== undefined) return this.#validName(schema.name);
    this.#unnamed++;
    return `${NAMESPACE}.${DEFAULT_RECORD_NAME}${this.#unnamed > 1 ? this.#unnamed : ""}`;
  }

  #validName(name: string): string {
    const scrubbed = this.#config["scrub.invalid.names"] ? scrubFullName(name) : name;
    if (!scrubbed.split(".").every((part) => VALID_NAME.test(part))) {
      throw new DataError(
        `Illegal character in: ${name}. Avro allows letters, digits and _ in names; set scrub.invalid.names=true to have others replaced`,
        { javaName: "org.apache.avro.SchemaParseException" },
      );
    }
    return scrubbed;
  }

  /** The properties, in the order in which Confluent's converter adds them. */
  #metadata(schema: Schema, connectType?: string): AvroProps {
    const props: AvroProps = new Map();
    const { name, parameters } = schema;
    const isDecimal = name === DECIMAL_NAME && schema.type === "BYTES";
    if (isDecimal) {
      const precision = parameters?.get(DECIMAL_PRECISION_PARAMETER);
      props.set("scale", decimalScale(schema));
      props.set("precision", Number(precision ?? DEFAULT_DECIMAL_PRECISION));
    }
    if (this.#config["connect.meta.data"]) {
      if (schema.doc !== undefined) props.set(CONNECT_DOC, schema.doc);
      if (schema.version !== undefined) props.set(CONNECT_VERSION, schema.version);
      if (parameters !== undefined && parameters.size > 0) {
        props.set(CONNECT_PARAMETERS, Object.fromEntries(parameters));
      }
      if (schema.defaultValue !== undefined) {
        props.set(CONNECT_DEFAULT, defaultToJson(schema, schema.defaultValue));
      }
      if (connectType !== undefined) props.set(CONNECT_TYPE, connectType);
      if (name !== undefined) props.set(CONNECT_NAME, name);
    }
    const logicalType = isDecimal ? "decimal" : LOGICAL_TYPES.get(`${schema.type} ${name}`);
    if (logicalType !== undefined) props.set("logicalType", logicalType);
    for (const [key, value] of parameters ?? []) {
      if (key.startsWith(AVRO_PROPERTY_PREFIX)) props.set(key, value);
    }
    return props;
  }
}

const LOGICAL_TYPES: ReadonlyMap<string, string> = new Map([
  [`INT32 ${DATE_NAME}`, "date"],
  [`INT32 ${TIME_NAME}`, "time-millis"],
  [`INT64 ${TIMESTAMP_NAME}`, "timestamp-millis"],
]);

/** Equal but for being optional: Avro's record is the same. */
function sameStruct(a: Schema, b: Schema): boolean {
  return (
    a.name === b.name &&
    a.version === b.version &&
    a.doc === b.doc &&
    a.fields.length === b.fields.length &&
    a.fields.every(({ name, schema }, i) => {
      const twin = b.fields[i]!;
      return name === twin.name && schema.equals(twin.schema);
    })
  );
}

function parts(fullName: string): { name: string } {
  return { name: scrubName(fullName.slice(fullName.lastIndexOf(".") + 1)) };
}
