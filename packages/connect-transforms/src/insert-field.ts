import {
  ConfigError,
  type ConfigDef,
  type ConfigOf,
  type ConnectRecord,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  OPTIONAL_TIMESTAMP_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  parseConfig,
  type Props,
  type Schema,
  SchemaBuilder,
  STRING_SCHEMA,
  Struct,
  TIMESTAMP_SCHEMA,
  type Transformation,
} from "@millrace/connect-api";
import {
  FIELD_SYNTAX_BEYOND_JAVA,
  type FieldPath,
  pathSyntax,
  requireFieldAtEnd,
} from "./field-path.ts";
import { type PathTree, pathTree } from "./path-tree.ts";
import { KEY, type RecordPart, VALUE } from "./record-part.ts";
import { REPLACE_NULL } from "./replace-null.ts";
import { requireMap, requireSinkRecord, requireStruct } from "./requirements.ts";
import { type AddedField, type PathEdits, rewriteStruct, type StructRewrite } from "./rewrite.ts";
import { type MapRewrite, mapRewrite } from "./rewrite-schemaless.ts";
import { SchemaCache } from "./schema-cache.ts";

const PURPOSE = "field insertion";

const fieldName = (what: string) =>
  ({
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    doc: `Name of the field for ${what}; with ! at its end the field is required, with ? or nothing optional.`,
  }) as const;

const CONFIG = {
  "topic.field": fieldName("the topic"),
  "partition.field": fieldName("the partition"),
  "offset.field": fieldName("the offset (of sink records)"),
  "timestamp.field": fieldName("the timestamp"),
  "static.field": fieldName("the fixed value"),
  "static.value": {
    type: "STRING",
    default: null,
    importance: "MEDIUM",
    doc: "The fixed value.",
  },
  ...REPLACE_NULL,
  ...FIELD_SYNTAX_BEYOND_JAVA,
} as const satisfies ConfigDef;

type FieldKey = Exclude<Extract<keyof typeof CONFIG, `${string}.field`>, undefined>;

/** A field to insert. */
interface Insertion {
  readonly path: FieldPath;
  readonly schema: Schema;
  /** Its value; null where the record has none. */
  readonly valueOf: (record: ConnectRecord) => unknown;
  /** The same in data without schema. */
  readonly schemalessValueOf: (record: ConnectRecord) => unknown;
}

const NOTHING = Struct.of(SchemaBuilder.struct().build(), []);

/** Adds fields with the record's metadata or a fixed value (Java: `org.apache.kafka.connect.transforms.InsertField`). */
class InsertField implements Transformation {
  readonly #part: RecordPart;
  #insertEntries!: MapRewrite;
  #plans!: SchemaCache<StructRewrite>;
  /** The one under way, whose metadata is inserted. */
  #record!: ConnectRecord;

  constructor(part: RecordPart) {
    this.#part = part;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const insertions = insertionsOf(config);
    if (insertions.length === 0) throw new ConfigError("No field insertion configured");
    // In data with a schema, a name that is given twice is refused when the field is added.
    const tree = pathTree<readonly Insertion[]>(
      insertions.map((insertion) => [insertion.path, [insertion]]),
      (first, last) => [...first, ...last],
    );
    const edits: PathEdits<readonly Insertion[]> = {
      replaceNulls: config["replace.null.with.default"],
      // A default has no topic or offset to insert.
      kept: "optional",
      // The field that is there already; to add it is refused.
      target: (schema) => ({ schema, convert: (value) => value }),
      added: (schema, tree) => this.#added(schema, tree, edits),
    };
    this.#insertEntries = mapRewrite(tree, {
      target: (_value, insertions) => {
        let inserted: unknown;
        for (const { schemalessValueOf } of insertions) {
          inserted = schemalessValueOf(this.#record) ?? inserted;
        }
        return inserted;
      },
      makesParents: true,
    });
    this.#plans = new SchemaCache((schema) => rewriteStruct(schema, tree, edits, "basics"));
  }

  apply(record: ConnectRecord): ConnectRecord {
    const value = this.#part.valueOf(record);
    if (value === null) return record;
    this.#record = record;
    const schema = this.#part.schemaOf(record);
    if (schema === null) {
      const map = this.#insertEntries(requireMap(value, PURPOSE));
      return this.#part.replaced(record, null, map);
    }
    const struct = requireStruct(value, PURPOSE, schema);
    const plan = this.#plans.get(struct.schema);
    return this.#part.replaced(record, plan.schema, plan.apply(struct));
  }

  /** Fields to insert into a struct, and structs for them where there are none. */
  #added(
    schema: Schema,
    tree: PathTree<readonly Insertion[]>,
    edits: PathEdits<readonly Insertion[]>,
  ): AddedField[] {
    return [...tree.fields].flatMap(([name, child]): AddedField[] => {
      const { target, each } = child;
      if (target !== undefined) {
        return target.map(({ schema, valueOf }) => ({
          name,
          schema,
          value: () => valueOf(this.#record),
        }));
      }
      if (each !== undefined || schema.field(name) !== undefined) return [];
      const parent = rewriteStruct(NOTHING.schema, child, edits);
      return [{ name, schema: parent.schema, value: () => parent.apply(NOTHING) }];
    });
  }
}

/** In Java's order, which is the order of the fields. */
function insertionsOf(config: ConfigOf<typeof CONFIG>): Insertion[] {
  const value = config["static.value"];
  if (config["static.field"] !== null && value === null) {
    const why = `No value specified for static field: ${config["static.field"]}`;
    throw new ConfigError("static.value", null, why);
  }
  const insertion = (
    key: FieldKey,
    required: Schema,
    optional: Schema,
    valueOf: (record: ConnectRecord) => unknown,
    schemalessValueOf = valueOf,
  ): Insertion[] => {
    const text = config[key];
    if (text === null) return [];
    const path = pathSyntax(config, key)(text.replace(/[!?]$/, ""));
    const schema = text.endsWith("!") ? required : optional;
    return [{ path: requireFieldAtEnd(path), schema, valueOf, schemalessValueOf }];
  };
  return [
    ...insertion("topic.field", STRING_SCHEMA, OPTIONAL_STRING_SCHEMA, (r) => r.topic),
    ...insertion("partition.field", INT32_SCHEMA, OPTIONAL_INT32_SCHEMA, (r) => r.kafkaPartition),
    ...insertion(
      "offset.field",
      INT64_SCHEMA,
      OPTIONAL_INT64_SCHEMA,
      (r) => requireSinkRecord(r, PURPOSE).kafkaOffset,
    ),
    ...insertion(
      "timestamp.field",
      TIMESTAMP_SCHEMA,
      OPTIONAL_TIMESTAMP_SCHEMA,
      (r) => (r.timestamp === null ? null : new Date(r.timestamp)),
      (r) => r.timestamp,
    ),
    ...insertion("static.field", STRING_SCHEMA, OPTIONAL_STRING_SCHEMA, () => value),
  ];
}

export class InsertFieldKey extends InsertField {
  constructor() {
    super(KEY);
  }
}

export class InsertFieldValue extends InsertField {
  constructor() {
    super(VALUE);
  }
}
