import {
  type ConfigDef,
  ConfigError,
  type ConnectRecord,
  parseConfig,
  type Props,
  type Schema,
  SchemaBuilder,
  Struct,
  type Transformation,
  validateValue,
} from "@millrace/connect-api";
import { FIELD_SYNTAX_BEYOND_JAVA, type FieldPath, pathSyntax } from "./field-path.ts";
import { pathTree } from "./path-tree.ts";
import { KEY, type RecordPart, VALUE } from "./record-part.ts";
import { requireMapOrNull, requireStructOrNull } from "./requirements.ts";
import { type PathEdits, type Rewrite, rewriteStruct } from "./rewrite.ts";
import { mapRewrite } from "./rewrite-schemaless.ts";
import { SchemaCache } from "./schema-cache.ts";
import { MapCollector } from "./schemaless-map.ts";

const PURPOSE = "hoisting";

const CONFIG = {
  field: { type: "STRING", importance: "MEDIUM", doc: "Name of the one field." },
  ...FIELD_SYNTAX_BEYOND_JAVA,
  hoisted: {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    beyondJava: true,
    doc: "The field to wrap where it is; if empty, the whole key or value.",
  },
} as const satisfies ConfigDef;

/** Wraps the whole key or value, or a field, in a struct or map of one field (Java: `org.apache.kafka.connect.transforms.HoistField`). */
class HoistField implements Transformation {
  readonly #part: RecordPart;
  #isWhole = true;
  #hoistSchemaless!: (value: unknown) => unknown;
  #plans!: SchemaCache<Rewrite>;

  constructor(part: RecordPart) {
    this.#part = part;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const names = fieldNames(pathSyntax(config, "field")(config.field));
    const hoist = (value: unknown) => hoistedValue(value, names);
    this.#isWhole = config.hoisted === "";
    if (this.#isWhole) {
      this.#hoistSchemaless = hoist;
      this.#plans = new SchemaCache((schema) => hoistedStruct(schema, names));
      return;
    }
    const tree = pathTree([[pathSyntax(config, "hoisted")(config.hoisted), true]]);
    const edits: PathEdits<true> = {
      // As of all transforms without a key for it.
      replaceNulls: true,
      target: (schema) => hoistedStruct(schema, names),
    };
    const rewrite = mapRewrite(tree, {
      target: (value) => (value === undefined ? undefined : hoist(value)),
    });
    this.#hoistSchemaless = (value) => {
      const map = requireMapOrNull(value, PURPOSE);
      return map === null ? null : rewrite(map);
    };
    this.#plans = new SchemaCache((schema) => rewriteStruct(schema, tree, edits));
  }

  apply(record: ConnectRecord): ConnectRecord {
    const value = this.#part.valueOf(record);
    const schema = this.#part.schemaOf(record);
    if (schema === null) return this.#part.replaced(record, null, this.#hoistSchemaless(value));
    const plan = this.#plans.get(schema);
    const whole = this.#isWhole ? value : requireStructOrNull(value, PURPOSE, schema);
    return this.#part.replaced(record, plan.schema, plan.convert(whole));
  }
}

/** @throws {ConfigError} when the path has `[*]`: a wrapper has one field, and no elements */
function fieldNames({ text, steps }: FieldPath): string[] {
  return steps.map((step) => {
    if (typeof step === "string") return step;
    throw new ConfigError("field", text, "A new field cannot be an element [*]");
  });
}

/** Structs of one field in each other, the value in the innermost. */
function hoistedStruct(schema: Schema, names: readonly string[]): Rewrite {
  const schemas: Schema[] = [];
  let innermost = schema;
  for (const name of names.toReversed()) {
    innermost = SchemaBuilder.struct().field(name, innermost).build();
    schemas.push(innermost);
  }
  return {
    schema: innermost,
    convert: (value) => {
      if (value === null && !schema.optional) validateValue(schema, null, names.at(-1));
      let hoisted = value;
      for (const wrapper of schemas) hoisted = Struct.of(wrapper, [hoisted]);
      return hoisted;
    },
  };
}

function hoistedValue(value: unknown, names: readonly string[]): unknown {
  let hoisted = value;
  for (let i = names.length - 1; i >= 0; i--) {
    hoisted = new MapCollector().set(names[i]!, hoisted).map;
  }
  return hoisted;
}

export class HoistFieldKey extends HoistField {
  constructor() {
    super(KEY);
  }
}

export class HoistFieldValue extends HoistField {
  constructor() {
    super(VALUE);
  }
}
