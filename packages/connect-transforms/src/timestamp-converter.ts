import {
  ConfigError,
  type ConfigDef,
  type ConfigOf,
  type ConnectRecord,
  isConnectError,
  parseConfig,
  type Props,
  type Transformation,
  JavaDateFormat,
} from "@millrace/connect-api";
import { FIELD_SYNTAX_BEYOND_JAVA, pathSyntax } from "./field-path.ts";
import { pathTree } from "./path-tree.ts";
import { KEY, type RecordPart, VALUE } from "./record-part.ts";
import { REPLACE_NULL } from "./replace-null.ts";
import { requireMapOrNull, requireStructOrNull } from "./requirements.ts";
import { type PathEdits, type Rewrite, rewriteStruct } from "./rewrite.ts";
import { mapRewrite } from "./rewrite-schemaless.ts";
import { SchemaCache } from "./schema-cache.ts";
import {
  schemaConversion,
  TIMESTAMP_TYPES,
  timestampConversion,
  type TimestampFormat,
  timestampSchema,
  type TimestampType,
  typeOfValue,
  UNIX_PRECISIONS,
} from "./timestamp-types.ts";

const PURPOSE = "converting timestamp formats";

const CONFIG = {
  field: {
    type: "STRING",
    default: "",
    importance: "HIGH",
    doc: "The field with the timestamp; if empty, the whole key or value is one.",
  },
  "target.type": {
    type: "STRING",
    oneOf: TIMESTAMP_TYPES,
    importance: "HIGH",
    doc: "The form to bring it into: string, unix (a number), Date, Time or Timestamp.",
  },
  format: {
    type: "STRING",
    default: "",
    importance: "MEDIUM",
    doc: "Pattern of Java's SimpleDateFormat that strings are written and read by, in UTC.",
  },
  "unix.precision": {
    type: "STRING",
    default: "milliseconds",
    oneOf: UNIX_PRECISIONS,
    importance: "LOW",
    doc: "Unit of numbers, written and read: seconds, milliseconds, microseconds or nanoseconds.",
  },
  ...REPLACE_NULL,
  ...FIELD_SYNTAX_BEYOND_JAVA,
} as const satisfies ConfigDef;

/** Brings timestamps into another form (Java: `org.apache.kafka.connect.transforms.TimestampConverter`). */
class TimestampConverter implements Transformation {
  readonly #part: RecordPart;
  #isWhole = true;
  #convertSchemaless!: (value: unknown) => unknown;
  #plans!: SchemaCache<Rewrite>;

  constructor(part: RecordPart) {
    this.#part = part;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const target = config["target.type"];
    const format = { text: dateFormat(config), unix: config["unix.precision"] };
    const convertValue = schemalessConversion(target, format);
    const edits: PathEdits<true> = {
      replaceNulls: config["replace.null.with.default"],
      target: (schema) => ({
        schema: timestampSchema(target, schema.optional),
        convert: schemaConversion(schema, target, format),
      }),
    };
    this.#isWhole = config.field === "";
    if (this.#isWhole) {
      this.#convertSchemaless = convertValue;
      this.#plans = new SchemaCache((schema) => edits.target(schema, true));
      return;
    }
    const tree = pathTree([[pathSyntax(config, "field")(config.field), true]]);
    const rewrite = mapRewrite(tree, { target: convertValue });
    this.#convertSchemaless = (value) => {
      const map = requireMapOrNull(value, PURPOSE);
      return map === null ? null : rewrite(map);
    };
    this.#plans = new SchemaCache((schema) => rewriteStruct(schema, tree, edits));
  }

  apply(record: ConnectRecord): ConnectRecord {
    const value = this.#part.valueOf(record);
    const schema = this.#part.schemaOf(record);
    if (schema === null) return this.#part.replaced(record, null, this.#convertSchemaless(value));
    const whole = this.#isWhole ? value : requireStructOrNull(value, PURPOSE, schema);
    const plan = this.#plans.get(schema);
    return this.#part.replaced(record, plan.schema, plan.convert(whole));
  }
}

/** Converts values without schema; what there is not becomes null. */
function schemalessConversion(
  to: TimestampType,
  format: TimestampFormat,
): (value: unknown) => unknown {
  const conversions = new Map(
    TIMESTAMP_TYPES.map((from) => [from, timestampConversion(from, to, format)]),
  );
  return (value) => {
    if (value === undefined || value === null) return null;
    return conversions.get(typeOfValue(value))!(value);
  };
}

/** @throws {ConfigError} when the pattern is missing or none, or cannot do what it is needed for */
function dateFormat(config: ConfigOf<typeof CONFIG>): JavaDateFormat | null {
  const { format: pattern, "target.type": target } = config;
  if (pattern === "") {
    if (target !== "string") return null;
    throw new ConfigError(
      "TimestampConverter requires format option to be specified when using string timestamps",
    );
  }
  const format = compiled(pattern);
  // A pattern for strings only to be written may have any letter.
  if (target !== "string" && format.unreadable !== undefined) {
    throw new ConfigError("format", pattern, format.unreadable);
  }
  return format;
}

function compiled(pattern: string): JavaDateFormat {
  try {
    return new JavaDateFormat(pattern);
  } catch (error) {
    if (!isConnectError(error)) throw error;
    const key = `TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps: ${pattern}`;
    throw new ConfigError(
      `Invalid value java.lang.IllegalArgumentException: ${error.message} for configuration ${key}`,
    );
  }
}

export class TimestampConverterKey extends TimestampConverter {
  constructor() {
    super(KEY);
  }
}

export class TimestampConverterValue extends TimestampConverter {
  constructor() {
    super(VALUE);
  }
}
