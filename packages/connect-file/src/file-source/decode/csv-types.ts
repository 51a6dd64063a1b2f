import {
  OPTIONAL_BOOLEAN_SCHEMA,
  OPTIONAL_FLOAT64_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  type Schema,
} from "@millrace/connect-api";

/** How the text of a column becomes a value; undefined where it is none of the type. */
export interface ColumnType {
  readonly schema: Schema;
  value(text: string): unknown;
}

const TEXT: ColumnType = { schema: OPTIONAL_STRING_SCHEMA, value: (text) => text };

const TYPES: Readonly<Record<string, ColumnType>> = {
  STRING: TEXT,
  BOOLEAN: {
    schema: OPTIONAL_BOOLEAN_SCHEMA,
    value: (text) => (/^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined),
  },
  INT32: { schema: OPTIONAL_INT32_SCHEMA, value: (text) => integer(text, 32) },
  INT64: { schema: OPTIONAL_INT64_SCHEMA, value: (text) => integer(text, 64) },
  FLOAT64: {
    schema: OPTIONAL_FLOAT64_SCHEMA,
    value: (text) =>
      /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined,
  },
};

/** The elements of `csv.types`. */
export const csvColumnType = {
  refusal(text: string): string | undefined {
    const [, type] = nameAndType(text);
    if (type !== undefined && Object.hasOwn(TYPES, type)) return undefined;
    return `"${text}" is not of the form name:TYPE with one of ${Object.keys(TYPES).join(", ")}`;
  },

  /** By the names of columns. */
  all(texts: readonly string[]): ReadonlyMap<string, ColumnType> {
    const types = new Map<string, ColumnType>();
    for (const text of texts) {
      const [name, type = ""] = nameAndType(text);
      types.set(name, TYPES[type] ?? TEXT);
    }
    return types;
  },

  text: TEXT,
};

function nameAndType(text: string): readonly [name: string, type: string | undefined] {
  const colon = text.lastIndexOf(":");
  return colon < 1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

function integer(text: string, bits: number): number | bigint | undefined {
  if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
  const number = Number(text);
  if (bits === 32) return Math.abs(number + 0.5) < 2 ** 31 ? number + 0 : undefined;
  if (Number.isSafeInteger(number)) return number + 0;
  const value = BigInt(text.replace("+", ""));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
