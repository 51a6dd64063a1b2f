import type { Schema, SchemaParts } from "@millrace/connect-api";
import { arrayForm } from "./array.ts";
import { type BinaryHandlingMode, binaryForm, byteaForm } from "./binary.ts";
import { bitsForm } from "./bits.ts";
import { type DecimalHandlingMode, moneyForm, numericForm } from "./decimal.ts";
import { circleForm, lineForm, pointForm, postgisForm, shapeForm } from "./geometry.ts";
import { type HstoreHandlingMode, hstoreForm } from "./hstore.ts";
import { intervalForm, type IntervalHandlingMode } from "./interval.ts";
import { baseType, type PgType, type PgTypes } from "./pg-type.ts";
import {
  dateForm,
  timeForm,
  type TimePrecisionMode,
  timestampForm,
  zonedTimeForm,
  zonedTimestampForm,
} from "./temporal.ts";
import { readInt64, readInteger, readText } from "./text.ts";
import { sparseVectorForm, vectorForm } from "./vector.ts";

/** Makes a Connect value of the text of one that is not null. */
export type ValueReader = (bytes: Buffer, at: number, length: number) => unknown;

/** How a type becomes a field. */
export interface TypeForm {
  /** The field's schema but for what the column adds: optional, default, parameters. */
  readonly schema: SchemaParts;
  readonly read: ValueReader;
  /** Stands for the default where that is a function, and for the nothing in a key's old row. */
  readonly zero: unknown;
  /** Of its two uses, the second, where they differ. */
  readonly fallback?: unknown;
  /** A value may be out of range: it is read as null then, as Java's converter warns and does. */
  readonly canFail?: boolean;
  /** The same for structs, which are of the field's own schema, optional or not. */
  readonly bind?: (schema: Schema) => Pick<TypeForm, "read" | "zero">;
  /** Stands for a large value that the log lacks, where it is not the usual one for the schema. */
  readonly unavailable?: (text: string) => unknown;
}

/** The keys that decide how values are shown. */
export interface TypeOptions {
  readonly decimals: DecimalHandlingMode;
  readonly moneyDigits: number;
  readonly times: TimePrecisionMode;
  readonly intervals: IntervalHandlingMode;
  readonly hstores: HstoreHandlingMode;
  readonly binaries: BinaryHandlingMode;
  /** `include.unknown.datatypes` */
  readonly unknown: boolean;
}

/** Time and timestamp columns keep six digits of a fraction unless they say otherwise. */
const fractionDigits = (modifier: number) => (modifier < 0 ? 6 : modifier);

/** An enum has got a label since its type was looked up. */
export class UnknownLabelError extends Error {
  override readonly name = "UnknownLabelError";
}

/** An enum's texts; one that is not known asks for the type to be looked up again. */
function enumForm(type: PgType): TypeForm {
  const labels = new Set(type.labels);
  return {
    schema: {
      type: "STRING",
      name: "io.debezium.data.Enum",
      version: 1,
      parameters: new Map([["allowed", type.labels.join(",")]]),
    },
    zero: "",
    read: (bytes, at, length) => {
      const label = readText(bytes, at, length);
      if (!labels.has(label)) throw new UnknownLabelError(`${type.name} had no label ${label}`);
      return label;
    },
  };
}

const text = (name?: string, zero = ""): TypeForm => ({
  schema: name === undefined ? { type: "STRING" } : { type: "STRING", name, version: 1 },
  zero,
  read: readText,
});
const UUID_ZERO = "00000000-0000-0000-0000-000000000000";
const readFloat: ValueReader = (bytes, at, length) =>
  Number(bytes.toString("latin1", at, at + length));

/** Forms of types that neither options nor modifiers change, by name. */
const PLAIN: Readonly<Record<string, TypeForm>> = {
  bool: { schema: { type: "BOOLEAN" }, zero: false, read: (bytes, at) => bytes[at] === 116 },
  int2: { schema: { type: "INT16" }, zero: 0, read: readInteger },
  int4: { schema: { type: "INT32" }, zero: 0, read: readInteger },
  int8: { schema: { type: "INT64" }, zero: 0, read: readInt64 },
  oid: { schema: { type: "INT64" }, zero: 0, read: readInteger },
  float4: { schema: { type: "FLOAT32" }, zero: 0, read: readFloat },
  float8: { schema: { type: "FLOAT64" }, zero: 0, read: readFloat },
  text: text(),
  varchar: text(),
  bpchar: text(),
  char: text(),
  name: text(),
  citext: text(),
  isbn: text(),
  inet: text(),
  cidr: text(),
  macaddr: text(),
  macaddr8: text(),
  int4range: text(),
  int8range: text(),
  numrange: text(),
  tsrange: text(),
  tstzrange: text(),
  daterange: text(),
  json: text("io.debezium.data.Json"),
  jsonb: text("io.debezium.data.Json"),
  xml: text("io.debezium.data.Xml"),
  uuid: { ...text("io.debezium.data.Uuid", UUID_ZERO), fallback: "" },
  ltree: text("io.debezium.data.Ltree"),
  tsvector: text("io.debezium.data.Tsvector"),
};

/** Arrays that Debezium has no schema for. */
const NO_ARRAYS: ReadonlySet<string> = new Set([
  "money",
  "name",
  "interval",
  "varbit",
  "bit",
  "xml",
  "point",
  "refcursor",
]);

/**
 * How a column of the type becomes a field, or undefined where it is left out: composites
 * and other types without a schema, unless `include.unknown.datatypes` is set (Debezium:
 * `PostgresValueConverter.schemaBuilder`).
 * @param modifier `atttypmod`
 * @param isSnapshot whether values come from queries: they show some dates otherwise
 */
export function typeForm(
  types: PgTypes,
  oid: number,
  modifier: number,
  options: TypeOptions,
  isSnapshot: boolean,
): TypeForm | undefined {
  const base = baseType(types, oid, modifier);
  const unknown = () => (options.unknown ? binaryForm(options.binaries) : undefined);
  if (base === undefined) return unknown();
  const { type } = base;
  if (type.elementOid !== 0) {
    const element = types.get(type.elementOid);
    if (element !== undefined && NO_ARRAYS.has(element.form)) return undefined;
    const form =
      element === undefined || element.kind === "d"
        ? undefined
        : scalarForm(element, base.modifier, options, isSnapshot);
    if (form !== undefined) return arrayForm(form, element?.kind !== "e");
    return options.unknown ? arrayForm(binaryForm(options.binaries), false) : undefined;
  }
  return scalarForm(type, base.modifier, options, isSnapshot) ?? unknown();
}

function scalarForm(
  type: PgType,
  modifier: number,
  options: TypeOptions,
  isSnapshot: boolean,
): TypeForm | undefined {
  if (type.kind === "e") return enumForm(type);
  switch (type.form) {
    case "numeric":
      return numericForm(modifier, options.decimals);
    case "money":
      return moneyForm(options.decimals, options.moneyDigits);
    case "bytea":
      return byteaForm(options.binaries);
    case "date":
      return dateForm(options.times, isSnapshot);
    case "time":
      return timeForm(options.times, fractionDigits(modifier));
    case "timetz":
      return zonedTimeForm();
    case "timestamp":
      return timestampForm(options.times, fractionDigits(modifier));
    case "timestamptz":
      return zonedTimestampForm(fractionDigits(modifier));
    case "interval":
      return intervalForm(options.intervals);
    case "bit":
      return bitsForm(Math.max(modifier, 1));
    case "varbit":
      return bitsForm(Math.max(modifier, 0));
    case "hstore":
      return hstoreForm(options.hstores);
    case "point":
      return pointForm();
    case "box":
    case "lseg":
    case "path":
    case "polygon":
      return shapeForm(type.form);
    case "circle":
      return circleForm();
    case "line":
      return lineForm();
    case "geometry":
    case "geography":
      return postgisForm(type.form);
    case "vector":
    case "halfvec":
      return vectorForm(type.form);
    case "sparsevec":
      return sparseVectorForm();
    default:
      return Object.hasOwn(PLAIN, type.form) ? PLAIN[type.form] : undefined;
  }
}
