import {
  type ConfigDef,
  type ConnectRecord,
  DataError,
  type Field,
  isStruct,
  javaClassName,
  type MapLike,
  parseConfig,
  type Props,
  type Schema,
  SchemaBuilder,
  Struct,
  type Transformation,
  validateValue,
} from "@millrace/connect-api";
import { structLike, withBasicsOf } from "./field-copy.ts";
import { KEY, type RecordPart, VALUE } from "./record-part.ts";
import { requireMap, requireStruct } from "./requirements.ts";
import { SchemaCache } from "./schema-cache.ts";
import { eachEntry, MapCollector } from "./schemaless-map.ts";
import { schemalessType } from "./schemaless-type.ts";

const PURPOSE = "flattening";

const CONFIG = {
  delimiter: {
    type: "STRING",
    default: ".",
    importance: "MEDIUM",
    doc: "What stands between the names that are joined.",
  },
} as const satisfies ConfigDef;

/** A field of the input: one that is taken over, or a struct whose fields are. */
interface Node {
  readonly index: number;
  readonly name: string;
  /** Schema in the output; of a struct, that of the input. */
  readonly schema: Schema;
  readonly substitute: unknown;
  readonly children: readonly Node[] | undefined;
}

interface Plan {
  readonly schema: Schema;
  readonly nodes: readonly Node[];
}

/** Lifts the fields of nested structs and maps to the top (Java: `org.apache.kafka.connect.transforms.Flatten`). */
class Flatten implements Transformation {
  readonly #part: RecordPart;
  #delimiter = ".";
  readonly #plans = new SchemaCache((schema: Schema) => this.#compile(schema));

  constructor(part: RecordPart) {
    this.#part = part;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    this.#delimiter = parseConfig(CONFIG, props).delimiter;
  }

  apply(record: ConnectRecord): ConnectRecord {
    const value = this.#part.valueOf(record);
    if (value === null) return record;
    const schema = this.#part.schemaOf(record);
    if (schema === null) {
      const flat = MapCollector.like(requireMap(value, PURPOSE));
      this.#flattenMap(requireMap(value, PURPOSE), "", flat);
      return this.#part.replaced(record, null, flat.map);
    }
    const struct = requireStruct(value, PURPOSE, schema);
    const plan = this.#plans.get(schema);
    const values: unknown[] = [];
    append(plan.nodes, struct.values, values);
    return this.#part.replaced(record, plan.schema, Struct.of(plan.schema, values));
  }

  #joined(prefix: string, name: string): string {
    return prefix === "" ? name : prefix + this.#delimiter + name;
  }

  #flattenMap(map: MapLike, prefix: string, flat: MapCollector): void {
    eachEntry(map, (key, value) => {
      const name = this.#joined(prefix, key);
      const type = schemalessType(value);
      if (value !== null && (type === undefined || type === "STRUCT")) throw refused(value, name);
      if (type === "MAP") this.#flattenMap(value as MapLike, name, flat);
      else flat.set(name, value);
    });
  }

  #compile(schema: Schema): Plan {
    const builder = structLike(schema);
    const parent = isStruct(schema.defaultValue) ? schema.defaultValue : null;
    const nodes = this.#compileFields(schema, "", builder, schema.optional, parent);
    return { schema: builder.build(), nodes };
  }

  #compileFields(
    schema: Schema,
    prefix: string,
    builder: SchemaBuilder,
    optional: boolean,
    parentDefault: Struct | null,
  ): Node[] {
    return schema.fields.map((field): Node => {
      const { index } = field;
      const name = this.#joined(prefix, field.name);
      const isOptional = optional || field.schema.optional;
      const defaultValue = field.schema.defaultValue ?? parentDefault?.get(field) ?? null;
      switch (field.schema.type) {
        case "MAP":
          throw new DataError(
            `Flatten transformation does not support MAP for record with schemas (for field ${name}).`,
          );
        case "STRUCT": {
          const own = isStruct(defaultValue) ? defaultValue : null;
          const children = this.#compileFields(field.schema, name, builder, isOptional, own);
          return { index, name, schema: field.schema, substitute: null, children };
        }
        default: {
          const flat = flatSchema(field, isOptional, defaultValue);
          builder.field(name, flat);
          const substitute = field.schema.defaultValue ?? null;
          return { index, name, schema: flat, substitute, children: undefined };
        }
      }
    });
  }
}

/** Appends the values of the nodes; of a struct that is null, nulls. */
function append(nodes: readonly Node[], values: readonly unknown[] | null, out: unknown[]): void {
  for (const { index, name, schema, substitute, children } of nodes) {
    if (children !== undefined) {
      const nested = values?.[index];
      append(children, isStruct(nested) ? nested.values : null, out);
      continue;
    }
    const value = values === null ? null : (values[index] ?? substitute);
    if (values !== null && value === null && !schema.optional) validateValue(schema, null, name);
    out.push(value);
  }
}

/** Without its default where it has none of its own and its parent has none for it. */
function flatSchema({ schema }: Field, optional: boolean, defaultValue: unknown): Schema {
  if (schema.optional === optional && (schema.defaultValue ?? null) === defaultValue) return schema;
  const items = schema.type === "ARRAY" ? (schema.valueSchemaOrNull ?? undefined) : undefined;
  const builder = withBasicsOf(schema, new SchemaBuilder(schema.type, undefined, items));
  if (optional) builder.optional();
  if (defaultValue !== null) builder.defaultValue(defaultValue);
  return builder.build();
}

function refused(value: unknown, name: string): DataError {
  const className = `class ${javaClassName(value)}`;
  return new DataError(
    isStruct(value)
      ? `Flatten transformation does not support ${className} for record without schemas (for field ${name}).`
      : `Flatten transformation was passed a value of type ${className} which is not supported by Connect's data API`,
  );
}

export class FlattenKey extends Flatten {
  constructor() {
    super(KEY);
  }
}

export class FlattenValue extends Flatten {
  constructor() {
    super(VALUE);
  }
}
