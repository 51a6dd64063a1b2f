import {
  ConfigError,
  type ConfigDef,
  type ConnectRecord,
  parseConfig,
  type Props,
  type Schema,
  type Transformation,
} from "@millrace/connect-api";
import { type CastType, castSpec, WHOLE } from "./cast-spec.ts";
import { castFrom, castSchemaless, castSchema } from "./cast-value.ts";
import { FIELD_SYNTAX_BEYOND_JAVA, pathSyntax } from "./field-path.ts";
import { pathTree } from "./path-tree.ts";
import { KEY, type RecordPart, VALUE } from "./record-part.ts";
import { REPLACE_NULL } from "./replace-null.ts";
import { requireMap, requireStruct } from "./requirements.ts";
import { type PathEdits, type Rewrite, rewriteStruct, type StructRewrite } from "./rewrite.ts";
import { type MapRewrite, mapRewrite } from "./rewrite-schemaless.ts";
import { SchemaCache } from "./schema-cache.ts";

const PURPOSE = "cast types";
const NOTHING_TO_CAST = "Must specify at least one field to cast.";

const CONFIG = {
  spec: {
    type: "LIST",
    keepDuplicates: true,
    importance: "HIGH",
    check: (value) => {
      if (value === null) throw new ConfigError(NOTHING_TO_CAST);
      castSpec(value as readonly string[]);
      return undefined;
    },
    checksNull: true,
    doc: "What to cast, as `field:type`; or one type alone, for the whole key or value. Types are int8, int16, int32, int64, float32, float64, boolean and string.",
  },
  ...REPLACE_NULL,
  ...FIELD_SYNTAX_BEYOND_JAVA,
} as const satisfies ConfigDef;

/** Casts fields, or the whole key or value, to another type (Java: `org.apache.kafka.connect.transforms.Cast`). */
class Cast implements Transformation {
  readonly #part: RecordPart;
  #whole: CastType | undefined;
  #castEntries!: MapRewrite;
  #structs!: SchemaCache<StructRewrite>;
  #wholes!: SchemaCache<Rewrite>;

  constructor(part: RecordPart) {
    this.#part = part;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    if (config.spec.length === 0) {
      throw new ConfigError(NOTHING_TO_CAST);
    }
    const casts = castSpec(config.spec);
    const syntax = pathSyntax(config, "spec");
    const whole = casts.get(WHOLE);
    const fields = [...casts].filter(([name]) => name !== WHOLE);
    const tree = pathTree(fields.map(([name, type]) => [syntax(name), type] as const));
    const edits: PathEdits<CastType> = {
      replaceNulls: config["replace.null.with.default"],
      target: (schema, type) => castValues(schema, type),
    };
    this.#whole = whole;
    this.#castEntries = mapRewrite(tree, { target: castEntry });
    this.#structs = new SchemaCache((schema) => rewriteStruct(schema, tree, edits, "optional"));
    this.#wholes = new SchemaCache((schema) => castValues(schema, whole!, true));
  }

  apply(record: ConnectRecord): ConnectRecord {
    const value = this.#part.valueOf(record);
    if (value === null) return record;
    const schema = this.#part.schemaOf(record);
    if (schema === null) return this.#part.replaced(record, null, this.#schemaless(value));
    if (this.#whole !== undefined) {
      const plan = this.#wholes.get(schema);
      return this.#part.replaced(record, plan.schema, plan.convert(value));
    }
    const plan = this.#structs.get(schema);
    const struct = requireStruct(value, PURPOSE, schema);
    return this.#part.replaced(record, plan.schema, plan.apply(struct));
  }

  #schemaless(value: unknown): unknown {
    return this.#whole === undefined
      ? this.#castEntries(requireMap(value, PURPOSE))
      : castSchemaless(value, this.#whole);
  }
}

/** @param whole whether name, version, doc and parameters stay */
function castValues(schema: Schema, type: CastType, whole = false): Rewrite {
  const cast = castFrom(schema, type);
  return {
    schema: castSchema(schema, type, whole),
    convert: (value) => (value === null ? null : cast(value)),
  };
}

/** What there is not becomes null. */
function castEntry(value: unknown, type: CastType): unknown {
  return value === undefined || value === null ? null : castSchemaless(value, type);
}

export class CastKey extends Cast {
  constructor() {
    super(KEY);
  }
}

export class CastValue extends Cast {
  constructor() {
    super(VALUE);
  }
}
