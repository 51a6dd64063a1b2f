import {
  ConfigError,
  type ConfigDef,
  type ConfigOf,
  type ConnectRecord,
  javaText,
  parseConfig,
  type Props,
  type Transformation,
} from "@millrace/connect-api";
import { colonParts } from "./colon-parts.ts";
import {
  FIELD_SYNTAX_BEYOND_JAVA,
  type FieldPath,
  pathSyntax,
  requireFieldAtEnd,
} from "./field-path.ts";
import { type FieldMarks, fieldSelection, selectEntries, selectFields } from "./field-selection.ts";
import { markedPaths } from "./path-tree.ts";
import { KEY, type RecordPart, VALUE } from "./record-part.ts";
import { REPLACE_NULL } from "./replace-null.ts";
import { requireMap, requireStruct } from "./requirements.ts";
import type { StructRewrite } from "./rewrite.ts";
import type { MapRewrite } from "./rewrite-schemaless.ts";
import { SchemaCache } from "./schema-cache.ts";

const PURPOSE = "field replacement";

const CONFIG = {
  exclude: {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: "Fields to leave out, even if they are among those to include.",
  },
  include: {
    type: "LIST",
    default: [],
    importance: "MEDIUM",
    doc: "Fields to keep; all of them if empty.",
  },
  renames: {
    type: "LIST",
    keepDuplicates: true,
    default: [],
    importance: "MEDIUM",
    check: (value) => {
      renameMappings(value as readonly string[]);
      return undefined;
    },
    doc: "Fields to rename, as `old:new`; a field stays where it is.",
  },
  ...REPLACE_NULL,
  ...FIELD_SYNTAX_BEYOND_JAVA,
} as const satisfies ConfigDef;

/** Drops and renames fields (Java: `org.apache.kafka.connect.transforms.ReplaceField`). */
class ReplaceField implements Transformation {
  readonly #part: RecordPart;
  #selectEntries!: MapRewrite;
  #plans!: SchemaCache<StructRewrite>;

  constructor(part: RecordPart) {
    this.#part = part;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    const selection = fieldSelection(markedPaths(marksOf(config)), config.include.length === 0);
    const replaceNulls = config["replace.null.with.default"];
    this.#selectEntries = selectEntries(selection);
    this.#plans = new SchemaCache((schema) =>
      selectFields(schema, selection, replaceNulls, "basics"),
    );
  }

  apply(record: ConnectRecord): ConnectRecord {
    const value = this.#part.valueOf(record);
    if (value === null) return record;
    const schema = this.#part.schemaOf(record);
    if (schema === null) {
      const selected = this.#selectEntries(requireMap(value, PURPOSE));
      return this.#part.replaced(record, null, selected);
    }
    const struct = requireStruct(value, PURPOSE, schema);
    const plan = this.#plans.get(struct.schema);
    return this.#part.replaced(record, plan.schema, plan.apply(struct));
  }
}

function marksOf(config: ConfigOf<typeof CONFIG>): (readonly [FieldPath, FieldMarks])[] {
  const paths = (key: "exclude" | "include") =>
    config[key].map(pathSyntax(config, key)).map(requireFieldAtEnd);
  const syntax = pathSyntax(config, "renames");
  const renamed = [...renameMappings(config.renames)].map(([from, to]) => {
    const path = requireFieldAtEnd(syntax(from));
    return [path, { newName: newName(path, requireFieldAtEnd(syntax(to))) }] as const;
  });
  return [
    ...paths("exclude").map((path) => [path, { isExcluded: true }] as const),
    ...paths("include").map((path) => [path, { isIncluded: true }] as const),
    ...renamed,
  ];
}

/**
 * The new name of a field, which is given alone or with the path that leads to the field.
 * @throws {ConfigError} when it would be elsewhere
 */
function newName({ key, text, steps }: FieldPath, renamed: FieldPath): string {
  const name = renamed.steps.at(-1) as string;
  const isAlone = renamed.steps.length === 1;
  const isThere =
    renamed.steps.length === steps.length &&
    renamed.steps.every((step, i) => i === steps.length - 1 || step === steps[i]);
  if (isAlone || isThere) return name;
  const why = `A field stays where it is: give its new name alone, such as ${text}:${name}, and in backticks where it has dots`;
  throw new ConfigError(key, `${text}:${renamed.text}`, why);
}

/** @throws {ConfigError} naming the first element that is no `old:new` */
function renameMappings(renames: readonly string[]): Map<string, string> {
  const mappings = new Map<string, string>();
  for (const text of renames) {
    const [from, to, ...more] = colonParts(text);
    if (from === undefined || to === undefined || more.length > 0) {
      const why = `Invalid rename mapping: ${text}`;
      throw new ConfigError("renames", javaText(null, renames), why);
    }
    mappings.set(from, to);
  }
  return mappings;
}

export class ReplaceFieldKey extends ReplaceField {
  constructor() {
    super(KEY);
  }
}

export class ReplaceFieldValue extends ReplaceField {
  constructor() {
    super(VALUE);
  }
}
