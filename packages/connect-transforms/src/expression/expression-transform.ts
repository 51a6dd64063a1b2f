import {
  ConfigError,
  type ConfigDef,
  type ConnectRecord,
  parseConfig,
  type Props,
  type Schema,
  SchemaBuilder,
  Struct,
  type Transformation,
} from "@millrace/connect-api";
import { structLike } from "../field-copy.ts";
import { KEY, type RecordPart, VALUE } from "../record-part.ts";
import { requireMap, requireStruct } from "../requirements.ts";
import { SchemaCache } from "../schema-cache.ts";
import { MapCollector } from "../schemaless-map.ts";
import { Column, type DeclaredType, schemalessResult } from "./column.ts";
import { Expression } from "./expression.ts";
import {
  declaredTypes,
  DROP_NULL,
  entriesKey,
  entriesOf,
  expressionKey,
  isWhole,
  TYPES,
  WHOLE,
} from "./expression-config.ts";

const PURPOSE = "setting fields by expressions";

const CONFIG = {
  fields: entriesKey(
    "Fields to set, as a map in CEL: `{'total': value.price * value.count, 'currency': 'EUR'}`. The other fields stay; null values pass.",
  ),
  expression: expressionKey(
    "An expression whose result becomes the whole key or value; of a map, `{'id': value.id}`, a struct is made. Either this or `fields` is needed.",
  ),
  ...TYPES,
  ...DROP_NULL,
} as const satisfies ConfigDef;

type Expressions = ReadonlyMap<string, Expression>;
type Types = ReadonlyMap<string, DeclaredType>;

/** How a record with a schema gets its new key or value. */
interface Maker {
  /** @param value the key or value as it is */
  make(record: ConnectRecord, value: unknown): { readonly schema: Schema; readonly value: unknown };
}

/** What becomes of the key or value. */
interface Work {
  /** Whether null is passed on without a look. */
  readonly skipsNull: boolean;
  makerFor(schema: Schema | null): Maker;
  schemaless(record: ConnectRecord, value: unknown): unknown;
}

/** Computes fields of the key or value, or all of it, by expressions. */
class ExpressionTransform implements Transformation {
  readonly #part: RecordPart;
  readonly #other: RecordPart;
  #work!: Work;
  #dropNull = false;
  #makers!: SchemaCache<Maker>;
  /** For records whose part is null and has no schema, while the other part has one. */
  #makerOfNone: Maker | undefined;

  constructor(part: RecordPart) {
    this.#part = part;
    this.#other = part === KEY ? VALUE : KEY;
  }

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const { fields, expression, types, "drop.null": dropNull } = parseConfig(CONFIG, props);
    if (fields !== null && expression !== null) {
      throw new ConfigError("expression", expression, "set either this or fields, not both");
    }
    if (fields === null && expression === null) {
      throw new ConfigError("expression", null, "set this, or fields: nothing is to be computed");
    }
    this.#work = fields === null ? wholeOf(expression!, types) : merging(fields, types);
    this.#dropNull = dropNull;
    this.#makers = new SchemaCache((schema) => this.#work.makerFor(schema));
    this.#makerOfNone = undefined;
  }

  apply(record: ConnectRecord): ConnectRecord | null {
    const value = this.#part.valueOf(record);
    if (value === null && this.#work.skipsNull) return record;
    const made = this.#hasSchema(record)
      ? this.#maker(record).make(record, value)
      : { schema: null, value: this.#work.schemaless(record, value) };
    if (made.value === null && this.#dropNull) return null;
    return this.#part.replaced(record, made.schema, made.value);
  }

  /** A key that is null tells nothing: it is made with a schema if the value has one. */
  #hasSchema(record: ConnectRecord): boolean {
    if (this.#part.schemaOf(record) !== null) return true;
    return this.#part.valueOf(record) === null && this.#other.schemaOf(record) !== null;
  }

  #maker(record: ConnectRecord): Maker {
    const schema = this.#part.schemaOf(record);
    return schema === null
      ? (this.#makerOfNone ??= this.#work.makerFor(null))
      : this.#makers.get(schema);
  }
}

function wholeOf(text: string, types: readonly string[]): Work {
  const entries = types.some(isWhole) ? undefined : Expression.entriesOf(text);
  if (entries !== undefined) return replacing(entries, declaredTypes(types, [...entries.keys()]));
  const expression = Expression.of("expression", text);
  const type = declaredTypes(types, [WHOLE]).get(WHOLE);
  return {
    skipsNull: false,
    makerFor() {
      const column = new Column(expression, type);
      return {
        make(record) {
          const value = column.value(record);
          return { value, schema: column.schema };
        },
      };
    },
    schemaless: (record) => schemalessResult(expression, type, record),
  };
}

function columnsOf(expressions: Expressions, types: Types): Map<string, Column> {
  return new Map(
    [...expressions].map(([name, expression]) => [name, new Column(expression, types.get(name))]),
  );
}

/** A new struct, or map, of the fields alone. */
function replacing(expressions: Expressions, types: Types): Work {
  return {
    skipsNull: false,
    makerFor() {
      const columns = columnsOf(expressions, types);
      let schema: Schema | undefined;
      return {
        make(record) {
          const values = [...columns.values()].map((column) => column.value(record));
          schema ??= withColumns(SchemaBuilder.struct(), columns);
          return { schema, value: Struct.of(schema, values) };
        },
      };
    },
    schemaless: (record) => collect(new MapCollector(), expressions, types, record),
  };
}

function withColumns(builder: SchemaBuilder, columns: ReadonlyMap<string, Column>): Schema {
  for (const [name, column] of columns) builder.field(name, column.schema);
  return builder.build();
}

/** The struct, or map, with fields replaced where they are, and new ones at the end. */
function merging(text: string, types: readonly string[]): Work {
  const expressions = entriesOf(text);
  const declared = declaredTypes(types, [...expressions.keys()]);
  return {
    skipsNull: true,
    makerFor: (schema) => new Merger(schema!, columnsOf(expressions, declared)),
    schemaless: (record, value) =>
      collect(new MapCollector(requireMap(value, PURPOSE)), expressions, declared, record),
  };
}

class Merger implements Maker {
  readonly #from: Schema;
  readonly #columns: ReadonlyMap<string, Column>;
  /** Where each column goes. */
  readonly #indexes: readonly number[];
  #schema: Schema | undefined;

  constructor(from: Schema, columns: ReadonlyMap<string, Column>) {
    this.#from = from;
    this.#columns = columns;
    const fields = from.type === "STRUCT" ? from.fields : [];
    const added = [...columns.keys()].filter(
      (name) => !fields.some((field) => field.name === name),
    );
    this.#indexes = [...columns.keys()].map(
      (name) =>
        fields.find((field) => field.name === name)?.index ?? fields.length + added.indexOf(name),
    );
  }

  make(record: ConnectRecord, value: unknown): { schema: Schema; value: Struct } {
    const struct = requireStruct(value, PURPOSE, this.#from);
    const values = [...struct.values];
    let i = 0;
    // All results are of the record as it was, whatever their order.
    for (const column of this.#columns.values()) values[this.#indexes[i++]!] = column.value(record);
    this.#schema ??= this.#merged();
    return { schema: this.#schema, value: Struct.of(this.#schema, values) };
  }

  #merged(): Schema {
    const builder = structLike(this.#from);
    for (const { name, schema } of this.#from.fields) {
      builder.field(name, this.#columns.get(name)?.schema ?? schema);
    }
    for (const [name, column] of this.#columns) {
      if (this.#from.field(name) === undefined) builder.field(name, column.schema);
    }
    return builder.build();
  }
}

function collect(
  into: MapCollector,
  expressions: Expressions,
  types: Types,
  record: ConnectRecord,
): unknown {
  for (const [name, expression] of expressions) {
    into.set(name, schemalessResult(expression, types.get(name), record));
  }
  return into.map;
}

/** `millrace.transforms.Expression$Key` */
export class ExpressionKey extends ExpressionTransform {
  constructor() {
    super(KEY);
  }
}

/** `millrace.transforms.Expression$Value` */
export class ExpressionValue extends ExpressionTransform {
  constructor() {
    super(VALUE);
  }
}
