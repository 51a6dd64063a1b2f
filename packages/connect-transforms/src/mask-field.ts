import {
  type ConfigDef,
  type ConnectRecord,
  DataError,
  Decimal,
  Float64,
  isDecimal,
  isFloat64,
  isMapLike,
  javaClassName,
  parseConfig,
  type Props,
  type Schema,
  type Transformation,
} from "@millrace/connect-api";
import { FIELD_SYNTAX_BEYOND_JAVA, pathSyntax } from "./field-path.ts";
import { Replacement } from "./mask-replacement.ts";
import { pathTree } from "./path-tree.ts";
import { KEY, type RecordPart, VALUE } from "./record-part.ts";
import { REPLACE_NULL } from "./replace-null.ts";
import { requireMap, requireStruct } from "./requirements.ts";
import { type PathEdits, rewriteStruct, type StructRewrite } from "./rewrite.ts";
import { type MapRewrite, mapRewrite } from "./rewrite-schemaless.ts";
import { SchemaCache } from "./schema-cache.ts";

const PURPOSE = "mask fields";

const CONFIG = {
  fields: { type: "LIST", importance: "HIGH", nonEmpty: true, doc: "Fields to mask." },
  replacement: {
    type: "STRING",
    default: null,
    importance: "LOW",
    nonEmpty: true,
    doc: "What numbers and strings become; without it, fields become the empty value of their type: 0, false, an empty text or list.",
  },
  ...REPLACE_NULL,
  ...FIELD_SYNTAX_BEYOND_JAVA,
} as const satisfies ConfigDef;

/** Blanks out fields (Java: `org.apache.kafka.connect.transforms.MaskField`). */
class MaskField implements Transformation {
  readonly #part: RecordPart;
  #maskEntries!: MapRewrite;
  #plans!: SchemaCache<StructRewrite>;

  constructor(part: RecordPart) {
    this.#part = part;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const paths = config.fields.map(pathSyntax(config, "fields"));
    const tree = pathTree(paths.map((path) => [path, true] as const));
    const replacement = config.replacement === null ? null : new Replacement(config.replacement);
    const edits: PathEdits<true> = {
      replaceNulls: config["replace.null.with.default"],
      target: (schema) => ({ schema, convert: (value) => masked(value, schema, replacement) }),
    };
    this.#maskEntries = mapRewrite(tree, { target: (value) => masked(value, null, replacement) });
    this.#plans = new SchemaCache((schema) => rewriteStruct(schema, tree, edits));
  }

  apply(record: ConnectRecord): ConnectRecord {
    const value = this.#part.valueOf(record);
    const schema = this.#part.schemaOf(record);
    if (schema === null) {
      const map = this.#maskEntries(requireMap(value, PURPOSE));
      return this.#part.replaced(record, null, map);
    }
    const struct = requireStruct(value, PURPOSE, schema);
    const plan = this.#plans.get(struct.schema);
    return this.#part.replaced(record, plan.schema, plan.apply(struct));
  }
}

/** What there is not becomes null. */
function masked(value: unknown, schema: Schema | null, replacement: Replacement | null): unknown {
  if (value === undefined || value === null) return null;
  return replacement === null ? emptyValue(value, schema) : replacement.of(value, schema);
}

/** @throws {DataError} for a struct and for bytes */
function emptyValue(value: unknown, schema: Schema | null): unknown {
  switch (typeof value) {
    case "boolean":
      return false;
    case "string":
      return "";
    case "bigint":
      return 0;
    case "number":
      return schema === null && !Number.isSafeInteger(value) ? new Float64(0) : 0;
    default:
  }
  if (value instanceof Date) return new Date(0);
  if (isDecimal(value)) return new Decimal(0n, 0);
  if (isFloat64(value)) return new Float64(0);
  if (Array.isArray(value)) return [];
  if (isMapLike(value)) return value instanceof Map ? new Map() : {};
  throw new DataError(`Cannot mask value of type: class ${javaClassName(value, schema)}`);
}

export class MaskFieldKey extends MaskField {
  constructor() {
    super(KEY);
  }
}

export class MaskFieldValue extends MaskField {
  constructor() {
    super(VALUE);
  }
}
