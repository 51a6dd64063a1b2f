import { Schema, type SchemaParts, type Struct } from "@millrace/connect-api";
import { literalDefault } from "../catalog/default-value.ts";
import { plainName, type TableId } from "../catalog/table-id.ts";
import type { CatalogColumn } from "../catalog/tables.ts";
import { type TypeForm, typeForm, type ValueReader } from "../types/column-type.ts";
import { bound } from "../types/struct-form.ts";
import { baseType, type PgType, type PgTypes } from "../types/pg-type.ts";
import { adjustFieldName, adjustSchemaName } from "./names.ts";
import type { PlanRules } from "./plan-rules.ts";
import { envelopeSchema, struct } from "./schemas.ts";
import { unavailableValue } from "./unavailable.ts";

/** How a column of incoming rows becomes a field. */
export interface ColumnPlan {
  readonly name: string;
  /** Its place among the values of a row; -1 where it is left out. */
  readonly place: number;
  readonly read: ValueReader;
  /** What stands where the row has null: null, or what a column that refuses null shows instead. */
  readonly whenNull: unknown;
  /** What stands for a large value that the log lacks. */
  readonly unavailable: unknown;
}

/** How rows of a table become events. Made anew when the table's structure changes. */
export interface TablePlan {
  readonly id: TableId;
  /** `schema.name` */
  readonly name: string;
  readonly topic: string;
  /** In the order of the columns of incoming rows. */
  readonly columns: readonly ColumnPlan[];
  /** Schema of the rows. */
  readonly row: Schema;
  /** How many values a row has: its fields, then columns that only the key has. */
  readonly places: number;
  /** So many nulls: a copy of them is the cheapest new row. */
  readonly nulls: readonly null[];
  readonly envelope: Schema;
  /** Null where the table has no key. */
  readonly key: Schema | null;
  /** The places of the key's fields. */
  readonly keyPlaces: readonly number[];
}

export interface PlanSource {
  readonly id: TableId;
  /** Of the rows that come, in their order. */
  readonly columns: readonly CatalogColumn[];
  readonly keyColumns: readonly string[];
  readonly types: PgTypes;
  /** Whether the rows come from queries. */
  readonly isSnapshot: boolean;
}

export function planTable(source: PlanSource, rules: PlanRules): TablePlan {
  const { id, types, isSnapshot } = source;
  const name = plainName(id);
  const topic = rules.topics.table(id);
  const custom = rules.keys.of(name);
  const keyNames = custom ?? source.keyColumns;

  const forms = source.columns.map((column) =>
    typeForm(types, column.typeOid, column.modifier, rules.types, isSnapshot),
  );
  const isCaptured = source.columns.map(
    (column, i) => forms[i] !== undefined && rules.capturesColumn(`${name}.${column.name}`),
  );
  const isKey = source.columns.map(
    (column, i) =>
      forms[i] !== undefined && keyNames.some((key) => sameColumn(key, column.name, custom)),
  );
  let places = 0;
  const placeOf = source.columns.map((_, i) => (isCaptured[i] ? places++ : -1));
  for (const i of source.columns.keys()) if (!isCaptured[i] && isKey[i]) placeOf[i] = places++;

  const fields: { name: string; schema: Schema }[] = [];
  const schemas: (Schema | undefined)[] = [];
  const columns = source.columns.map((column, i): ColumnPlan => {
    const form = forms[i];
    const place = placeOf[i]!;
    if (form === undefined || place < 0) return { ...LEFT_OUT, name: column.name };
    const built = planColumn(column, form, `${name}.${column.name}`, source, rules);
    schemas[i] = built.keySchema;
    if (isCaptured[i]) fields.push({ name: built.field, schema: built.schema });
    return { name: column.name, place, ...built.plan };
  });

  const key = keyNames.flatMap((wanted) => {
    const i = source.columns.findIndex(
      (column, at) => isKey[at] && sameColumn(wanted, column.name, custom),
    );
    if (i < 0) return [];
    const field = adjustFieldName(source.columns[i]!.name, rules.fieldNames);
    return [{ place: placeOf[i]!, field: [field, schemas[i]!] as const }];
  });
  const schemaName = (end: string) => adjustSchemaName(`${topic}.${end}`, rules.schemaNames);
  const row = new Schema({ type: "STRUCT", name: schemaName("Value"), optional: true, fields });
  return {
    id,
    name,
    topic,
    columns,
    row,
    places,
    nulls: Array.from({ length: places }, () => null),
    envelope: envelopeSchema(schemaName("Envelope"), row),
    key:
      key.length === 0
        ? null
        : struct(
            schemaName("Key"),
            key.map(({ field }) => field),
          ),
    keyPlaces: key.map(({ place }) => place),
  };
}

const LEFT_OUT = { place: -1, read: () => null, whenNull: null, unavailable: null };

/** Names in the configuration match whatever their case. */
function sameColumn(a: string, b: string, custom: readonly string[] | undefined): boolean {
  return a === b || (custom !== undefined && a.toLowerCase() === b.toLowerCase());
}

function planColumn(
  column: CatalogColumn,
  form: TypeForm,
  fullName: string,
  { types, isSnapshot }: PlanSource,
  rules: PlanRules,
): { field: string; schema: Schema; keySchema: Schema; plan: Omit<ColumnPlan, "name" | "place"> } {
  const limit = textLimit(types, column);
  const changed = rules.changes.apply(fullName, form, limit);
  const parts: SchemaParts = {
    ...form.schema,
    optional: !column.isRequired,
    parameters: new Map([
      ...(form.schema.parameters ?? []),
      // A column that is changed does not tell its type, as with Debezium.
      ...(changed === undefined
        ? rules.sourceParameters(fullName, column, types, isSnapshot)
        : [changed.parameter]),
    ]),
  };
  const plain = new Schema(parts);
  const { read, zero } = {
    ...bound(form, plain),
    ...(changed && form.bind === undefined && { read: changed.read }),
  };
  const defaultValue = defaultOf(column, zero, form, read, types);
  const schema = defaultValue === undefined ? plain : new Schema({ ...parts, defaultValue });
  const fallback = column.isRequired ? (defaultValue ?? form.fallback ?? zero) : null;
  // Keys tell neither types nor changes.
  const { parameters: _, ...bare } = parts;
  const own = form.schema.parameters;
  const keySchema =
    form.bind === undefined
      ? new Schema({
          ...bare,
          ...(own && { parameters: own }),
          ...(defaultValue !== undefined && { defaultValue }),
        })
      : schema;
  return {
    field: adjustFieldName(column.name, rules.fieldNames),
    schema,
    keySchema,
    plan: {
      read: form.canFail === true ? (...place) => read(...place) ?? fallback : read,
      whenNull: changed?.whenNull ?? fallback,
      unavailable:
        form.unavailable?.(rules.unavailable.text) ??
        unavailableValue(schema, rules.unavailable) ??
        fallback,
    },
  };
}

/** A literal is read as its value, for whatever is computed stands the type's zero. */
function defaultOf(
  column: CatalogColumn,
  zero: unknown,
  { schema: { type } }: TypeForm,
  read: ValueReader,
  types: PgTypes,
): unknown {
  // Structs of a schema with a default would have to be of that schema themselves.
  const hasNone = type === "ARRAY" || type === "STRUCT" || type === "MAP";
  const { defaultExpression } = column;
  const declared = types.get(column.typeOid);
  if (defaultExpression === null || hasNone || !showsDefaults(declared)) return undefined;
  const literal = literalDefault(defaultExpression);
  // A function's stands for a zero, `1 + 1` for none.
  if (literal === undefined) return /^\(+['\d-]/.test(defaultExpression) ? undefined : zero;
  if (literal === null) return undefined;
  const text = declared?.form === "numeric" ? scaled(literal, column.modifier) : literal;
  const bytes = Buffer.from(text);
  return read(bytes, 0, bytes.length) ?? undefined;
}

/** Types whose defaults Debezium shows (`PostgresDefaultValueConverter`). */
const WITH_DEFAULTS: ReadonlySet<string> = new Set(
  "bit varbit bool int2 int4 int8 float4 float8 numeric date time timestamp timestamptz interval char bpchar varchar text uuid json jsonb xml".split(
    " ",
  ),
);

function showsDefaults(type: PgType | undefined): boolean {
  return type !== undefined && (type.kind === "e" || WITH_DEFAULTS.has(type.form));
}

/** A numeric literal with the digits that the column keeps. */
function scaled(text: string, modifier: number): string {
  const scale = modifier < 0 ? 0 : (modifier - 4) & 0x7ff;
  if (scale === 0 || scale > 0x3ff || !/^-?\d+(\.\d+)?$/.test(text)) return text;
  const [whole, fraction = ""] = text.split(".");
  return fraction.length > scale ? text : `${whole}.${fraction.padEnd(scale, "0")}`;
}

/** Characters that a varchar or char holds at most. */
function textLimit(types: PgTypes, { typeOid, modifier }: CatalogColumn): number | undefined {
  const base = baseType(types, typeOid, modifier);
  const isLimited = base?.type.form === "varchar" || base?.type.form === "bpchar";
  return isLimited && base.modifier > 4 ? base.modifier - 4 : undefined;
}

/** A row of nulls. */
export function emptyRow({ nulls }: TablePlan): unknown[] {
  return nulls.slice();
}

/** Whether two keys are the same. */
export function sameKey(a: Struct, b: Struct): boolean {
  return a === b || a.equals(b);
}
