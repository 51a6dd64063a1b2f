import {
  type ConfigDef,
  type ConnectRecord,
  DataError,
  parseConfig,
  type Props,
  type Schema,
  SchemaBuilder,
  Struct,
  type Transformation,
  validateValue,
} from "@millrace/connect-api";
import { FIELD_SYNTAX_BEYOND_JAVA, type FieldPath, pathSyntax } from "./field-path.ts";
import { compileReader, schemalessReader } from "./path-reader.ts";
import { REPLACE_NULL } from "./replace-null.ts";
import { requireMap, requireStruct } from "./requirements.ts";
import type { Convert } from "./rewrite.ts";
import { SchemaCache } from "./schema-cache.ts";
import { MapCollector } from "./schemaless-map.ts";

const PURPOSE = "copying fields from value to key";

const CONFIG = {
  fields: {
    type: "LIST",
    importance: "HIGH",
    nonEmpty: true,
    doc: "Fields of the value that make the key.",
  },
  ...REPLACE_NULL,
  ...FIELD_SYNTAX_BEYOND_JAVA,
} as const satisfies ConfigDef;

/** A field of the key, and how it is read from the value. */
interface KeyField {
  /** As the path is written. */
  readonly name: string;
  readonly schema: Schema;
  readonly read: Convert;
}

interface Plan {
  readonly keySchema: Schema;
  readonly fields: readonly KeyField[];
}

/** Makes the key of fields of the value (Java: `org.apache.kafka.connect.transforms.ValueToKey`). */
export class ValueToKey implements Transformation {
  #schemaless: readonly Pick<KeyField, "name" | "read">[] = [];
  #plans!: SchemaCache<Plan>;

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const paths = config.fields.map(pathSyntax(config, "fields"));
    const replaceNulls = config["replace.null.with.default"];
    this.#schemaless = paths.map(({ text, steps }) => ({
      name: text,
      read: schemalessReader(steps),
    }));
    this.#plans = new SchemaCache((schema) => compile(schema, paths, replaceNulls));
  }

  apply(record: ConnectRecord): ConnectRecord {
    if (record.valueSchema === null) return this.#applySchemaless(record);
    const struct = requireStruct(record.value, PURPOSE, record.valueSchema);
    const { keySchema, fields } = this.#plans.get(struct.schema);
    const values = Array<unknown>(fields.length);
    for (let i = 0; i < fields.length; i++) {
      const { name, schema, read } = fields[i]!;
      const value = read(struct);
      if (value === null && !schema.optional) validateValue(schema, null, name);
      values[i] = value;
    }
    return record.newRecord({ keySchema, key: Struct.of(keySchema, values) });
  }

  #applySchemaless(record: ConnectRecord): ConnectRecord {
    const value = requireMap(record.value, PURPOSE);
    const key = new MapCollector();
    for (const { name, read } of this.#schemaless) key.set(name, read(value));
    return record.newRecord({ keySchema: null, key: key.map });
  }
}

function compile(schema: Schema, paths: readonly FieldPath[], replaceNulls: boolean): Plan {
  const builder = SchemaBuilder.struct();
  const fields = paths.map(({ text, steps }): KeyField => {
    const reader = compileReader(schema, steps, replaceNulls);
    if (reader === undefined) throw new DataError(`Field does not exist: ${text}`);
    builder.field(text, reader.schema);
    return { name: text, schema: reader.schema, read: reader.read };
  });
  return { keySchema: builder.build(), fields };
}
