import {
  ConfigError,
  type ConfigDef,
  type ConnectRecord,
  DataError,
  type Headers,
  optionalSchema,
  parseConfig,
  type Props,
  type Schema,
  type Transformation,
} from "@millrace/connect-api";
import {
  FIELD_SYNTAX_BEYOND_JAVA,
  type FieldPath,
  pathSyntax,
  requireFieldAtEnd,
} from "./field-path.ts";
import {
  type FieldMarks,
  fieldSelection,
  selectEntries,
  selectFields,
  type Selection,
} from "./field-selection.ts";
import { compileReader, schemalessReader } from "./path-reader.ts";
import { markedPaths } from "./path-tree.ts";
import { KEY, type RecordPart, VALUE } from "./record-part.ts";
import { REPLACE_NULL } from "./replace-null.ts";
import { requireMap, requireStruct } from "./requirements.ts";
import type { Convert, StructRewrite } from "./rewrite.ts";
import type { MapRewrite } from "./rewrite-schemaless.ts";
import { SchemaCache } from "./schema-cache.ts";

const notEmpty = (value: unknown) =>
  (value as readonly string[] | null)?.length ? undefined : "Empty list";

const CONFIG = {
  fields: {
    type: "LIST",
    keepDuplicates: true,
    importance: "HIGH",
    check: notEmpty,
    checksNull: true,
    doc: "Fields whose values go to headers.",
  },
  headers: {
    type: "LIST",
    keepDuplicates: true,
    importance: "HIGH",
    check: notEmpty,
    checksNull: true,
    doc: "Names of the headers, in the order of the fields.",
  },
  operation: {
    type: "STRING",
    importance: "HIGH",
    oneOf: ["move", "copy"],
    doc: "Whether the fields are moved, or copied.",
  },
  ...REPLACE_NULL,
  ...FIELD_SYNTAX_BEYOND_JAVA,
} as const satisfies ConfigDef;

/** Where a header's value comes from. */
interface Source {
  readonly header: string;
  /** Null in data without schema. */
  readonly schema: Schema | null;
  readonly read: Convert;
}

interface Plan {
  /** What the headers get, in their order. */
  readonly sources: readonly Source[];
  /** What remains when the fields are moved; absent when they are copied. */
  readonly remaining: StructRewrite | undefined;
}

/** Moves or copies fields to headers (Java: `org.apache.kafka.connect.transforms.HeaderFrom`). */
class HeaderFrom implements Transformation {
  readonly #part: RecordPart;
  #purpose = "";
  #schemaless: readonly Source[] = [];
  #remainingEntries: MapRewrite | undefined;
  #plans!: SchemaCache<Plan>;

  constructor(part: RecordPart) {
    this.#part = part;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const { headers, operation } = config;
    if (config.fields.length !== headers.length) {
      throw new ConfigError(
        "'fields' config must have the same number of elements as 'headers' config.",
      );
    }
    const paths = config.fields.map(pathSyntax(config, "fields"));
    const replaceNulls = config["replace.null.with.default"];
    const selection = operation === "move" ? withoutFields(paths) : undefined;
    this.#purpose = `header ${operation}`;
    this.#schemaless = paths.map(({ steps }, i) => ({
      header: headers[i]!,
      schema: null,
      read: schemalessReader(steps),
    }));
    this.#remainingEntries = selection && selectEntries(selection);
    this.#plans = new SchemaCache((schema) => ({
      sources: paths.map((path, i) => sourceOf(schema, path, headers[i]!, replaceNulls)),
      remaining: selection && selectFields(schema, selection, replaceNulls, "basics"),
    }));
  }

  apply(record: ConnectRecord): ConnectRecord {
    const value = this.#part.valueOf(record);
    const schema = this.#part.schemaOf(record);
    if (schema === null) return this.#applySchemaless(record, value);
    const struct = requireStruct(value, this.#purpose, schema);
    const { sources, remaining } = this.#plans.get(struct.schema);
    const headers = withHeaders(record, sources, struct);
    if (remaining === undefined) return record.newRecord({ headers });
    return this.#part.replaced(record, remaining.schema, remaining.apply(struct), headers);
  }

  #applySchemaless(record: ConnectRecord, value: unknown): ConnectRecord {
    const map = requireMap(value, this.#purpose);
    const headers = withHeaders(record, this.#schemaless, map);
    if (this.#remainingEntries === undefined) return record.newRecord({ headers });
    return this.#part.replaced(record, null, this.#remainingEntries(map), headers);
  }
}

function withHeaders(record: ConnectRecord, sources: readonly Source[], value: unknown): Headers {
  const headers = record.headers.duplicate();
  for (const { header, schema, read } of sources) headers.add(header, read(value), schema);
  return headers;
}

function withoutFields(paths: readonly FieldPath[]): Selection {
  const marked = paths.map((path) => [requireFieldAtEnd(path), { isExcluded: true }] as const);
  return fieldSelection(markedPaths<FieldMarks>(marked), true);
}

function sourceOf(
  schema: Schema,
  { text, steps }: FieldPath,
  header: string,
  replaceNulls: boolean,
): Source {
  const reader = compileReader(schema, steps, replaceNulls);
  if (reader === undefined) throw new DataError(`Field does not exist: ${text}`);
  const { mayLack, read } = reader;
  return { header, schema: mayLack ? optionalSchema(reader.schema) : reader.schema, read };
}

export class HeaderFromKey extends HeaderFrom {
  constructor() {
    super(KEY);
  }
}

export class HeaderFromValue extends HeaderFrom {
  constructor() {
    super(VALUE);
  }
}
