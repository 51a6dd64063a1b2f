import {
  ConfigError,
  type ConfigDef,
  type ConnectRecord,
  copySchema,
  isStruct,
  parseConfig,
  type Props,
  type Schema,
  Struct,
  type Transformation,
} from "@millrace/connect-api";
import { copiedFields, fieldCopies, type FieldCopy } from "./field-copy.ts";
import { KEY, type RecordPart, VALUE } from "./record-part.ts";
import { REPLACE_NULL } from "./replace-null.ts";
import { requireSchema } from "./requirements.ts";
import { SchemaCache } from "./schema-cache.ts";

const PURPOSE = "updating schema metadata";

const CONFIG = {
  "schema.name": {
    type: "STRING",
    default: null,
    importance: "HIGH",
    doc: "Name that the schema gets.",
  },
  "schema.version": {
    type: "INT",
    default: null,
    importance: "HIGH",
    doc: "Version that the schema gets.",
  },
  ...REPLACE_NULL,
} as const satisfies ConfigDef;

interface Plan {
  readonly schema: Schema;
  readonly copies: readonly FieldCopy[];
}

/** Gives a struct's schema a name or version (Java: `org.apache.kafka.connect.transforms.SetSchemaMetadata`). */
class SetSchemaMetadata implements Transformation {
  readonly #part: RecordPart;
  #plans!: SchemaCache<Plan>;

  constructor(part: RecordPart) {
    this.#part = part;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const name = config["schema.name"] ?? undefined;
    const version = config["schema.version"] ?? undefined;
    if (name === undefined && version === undefined) {
      throw new ConfigError("Neither schema name nor version configured");
    }
    const changes = {
      ...(name !== undefined && { name }),
      ...(version !== undefined && { version }),
    };
    // `fields` refuses schemas of other types, as Java 4.3 does.
    this.#plans = new SchemaCache((schema) => ({
      copies: fieldCopies(schema, config["replace.null.with.default"]),
      schema: copySchema(schema, changes),
    }));
  }

  apply(record: ConnectRecord): ConnectRecord {
    const value = this.#part.valueOf(record);
    const given = this.#part.schemaOf(record);
    if (value === null && given === null) return record;
    const { schema, copies } = this.#plans.get(requireSchema(given, PURPOSE));
    const updated = isStruct(value) ? Struct.of(schema, copiedFields(copies, value.values)) : value;
    return this.#part.replaced(record, schema, updated);
  }
}

export class SetSchemaMetadataKey extends SetSchemaMetadata {
  constructor() {
    super(KEY);
  }
}

export class SetSchemaMetadataValue extends SetSchemaMetadata {
  constructor() {
    super(VALUE);
  }
}
