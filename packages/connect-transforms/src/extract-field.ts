import {
  type ConfigDef,
  ConnectError,
  type ConnectRecord,
  parseConfig,
  type Props,
  type Transformation,
} from "@millrace/connect-api";
import { FIELD_SYNTAX_VERSION, pathSyntax } from "./field-path.ts";
import { compileReader, type PathReader, schemalessReader } from "./path-reader.ts";
import { KEY, type RecordPart, VALUE } from "./record-part.ts";
import { REPLACE_NULL } from "./replace-null.ts";
import { requireMapOrNull, requireStructOrNull } from "./requirements.ts";
import type { Convert } from "./rewrite.ts";
import { SchemaCache } from "./schema-cache.ts";

const PURPOSE = "field extraction";

const CONFIG = {
  field: { type: "STRING", importance: "MEDIUM", doc: "The field to extract." },
  ...REPLACE_NULL,
  ...FIELD_SYNTAX_VERSION,
} as const satisfies ConfigDef;

/** Replaces the whole key or value by one of its fields (Java: `org.apache.kafka.connect.transforms.ExtractField`). */
class ExtractField implements Transformation {
  readonly #part: RecordPart;
  #readSchemaless!: Convert;
  #readers!: SchemaCache<PathReader>;

  constructor(part: RecordPart) {
    this.#part = part;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const { steps } = pathSyntax(config, "field")(config.field);
    const replaceNulls = config["replace.null.with.default"];
    this.#readSchemaless = schemalessReader(steps);
    this.#readers = new SchemaCache((schema) => {
      const reader = compileReader(schema, steps, replaceNulls);
      if (reader !== undefined) return reader;
      throw new ConnectError(`Unknown field: ${config.field}`, {
        javaName: "java.lang.IllegalArgumentException",
      });
    });
  }

  apply(record: ConnectRecord): ConnectRecord {
    const value = this.#part.valueOf(record);
    const schema = this.#part.schemaOf(record);
    if (schema === null) {
      const map = requireMapOrNull(value, PURPOSE);
      return this.#part.replaced(record, null, this.#readSchemaless(map));
    }
    const struct = requireStructOrNull(value, PURPOSE, schema);
    const reader = this.#readers.get(schema);
    return this.#part.replaced(record, reader.schema, reader.read(struct));
  }
}

export class ExtractFieldKey extends ExtractField {
  constructor() {
    super(KEY);
  }
}

export class ExtractFieldValue extends ExtractField {
  constructor() {
    super(VALUE);
  }
}
