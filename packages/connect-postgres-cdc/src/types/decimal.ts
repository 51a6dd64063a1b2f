import { Decimal, Schema, type SchemaParts, Struct } from "@millrace/connect-api";
import type { TypeForm } from "./column-type.ts";
import { structForm } from "./struct-form.ts";

export type DecimalHandlingMode = "precise" | "double" | "string";

const VARIABLE_SCALE_DECIMAL: SchemaParts = {
  type: "STRUCT",
  name: "io.debezium.data.VariableScaleDecimal",
  version: 1,
  doc: "Variable scaled decimal",
  fields: [
    { name: "scale", schema: new Schema({ type: "INT32" }) },
    { name: "value", schema: new Schema({ type: "BYTES" }) },
  ],
};

const NOT_A_NUMBER = /^(NaN|-?Infinity)$/;
/** What Debezium's texts say of them. */
const SPECIAL_TEXTS: Readonly<Record<string, string>> = {
  NaN: "NAN",
  Infinity: "POSITIVE_INFINITY",
  "-Infinity": "NEGATIVE_INFINITY",
};

/** `numeric` (Debezium: `PostgresValueConverter.numericSchema`). @param modifier `atttypmod` */
export function numericForm(modifier: number, mode: DecimalHandlingMode): TypeForm {
  const text = (bytes: Buffer, at: number, length: number) =>
    bytes.toString("latin1", at, at + length);
  if (mode === "double") {
    return { schema: { type: "FLOAT64" }, zero: 0, read: (...place) => Number(text(...place)) };
  }
  if (mode === "string") {
    const read = (bytes: Buffer, at: number, length: number) => {
      const value = text(bytes, at, length);
      return SPECIAL_TEXTS[value] ?? value;
    };
    return { schema: { type: "STRING" }, zero: "0", read };
  }
  if (modifier < 4) {
    return structForm(VARIABLE_SCALE_DECIMAL, (schema) => ({
      zero: Struct.of(schema, [0, Buffer.from([0])]),
      read: (...place) => readVariable(schema, ...place),
    }));
  }
  const precision = (modifier - 4) >>> 16;
  const scale = (((modifier - 4) & 0x7ff) ^ 0x400) - 0x400;
  const schema = decimalParts(scale, precision);
  return {
    schema,
    zero: new Decimal(0n, scale),
    read: (bytes, at, length) => readDecimal(bytes, at, length, scale),
  };
}

/** `money`, in the C locale's form: `-$1,234.56`. */
export function moneyForm(mode: DecimalHandlingMode, digits: number): TypeForm {
  const plain = (bytes: Buffer, at: number, length: number) =>
    bytes.toString("latin1", at, at + length).replaceAll(/[^\d.-]/g, "");
  if (mode === "double") {
    return { schema: { type: "FLOAT64" }, zero: 0, read: (...place) => Number(plain(...place)) };
  }
  const zero = new Decimal(0n, digits);
  if (mode === "string") {
    return { schema: { type: "STRING" }, zero: zero.toString(), read: plain };
  }
  return {
    schema: decimalParts(digits),
    zero,
    read: (...place) => rounded(Decimal.parse(plain(...place)), digits),
  };
}

function decimalParts(scale: number, precision?: number): TypeForm["schema"] {
  const parameters = new Map([["scale", String(scale)]]);
  if (precision !== undefined) parameters.set("connect.decimal.precision", String(precision));
  return {
    type: "BYTES",
    name: "org.apache.kafka.connect.data.Decimal",
    version: 1,
    parameters,
  };
}

/** Half up, away from zero (Java: `RoundingMode.HALF_UP`). */
function rounded(value: Decimal, scale: number): Decimal {
  if (scale >= value.scale) return value.withScale(scale);
  const divisor = 10n ** BigInt(value.scale - scale);
  const half = value.unscaled < 0n ? -divisor / 2n : divisor / 2n;
  return new Decimal((value.unscaled + half) / divisor, scale);
}

/** Digits of a decimal with the point left out are its unscaled value, where it has that scale. */
function readDecimal(bytes: Buffer, at: number, length: number, scale: number): Decimal | null {
  if (length <= 16) {
    let value = 0;
    let digits = -1;
    let isNumber = true;
    const end = at + length;
    const isNegative = bytes[at] === 45;
    for (let i = isNegative ? at + 1 : at; i < end; i++) {
      const digit = bytes[i]! - 48;
      if (digit >= 0 && digit <= 9) {
        value = value * 10 + digit;
        if (digits >= 0) digits += 1;
      } else if (digit === -2 && digits < 0) {
        digits = 0;
      } else {
        isNumber = false;
        break;
      }
    }
    if (isNumber && Math.max(digits, 0) === scale) {
      return new Decimal(BigInt(isNegative ? -value : value), scale);
    }
  }
  const text = bytes.toString("latin1", at, at + length);
  if (NOT_A_NUMBER.test(text)) return null;
  return Decimal.parse(text).withScale(scale);
}

/** Without trailing zeros after the point (Java: `stripTrailingZeros`). */
function readVariable(schema: Schema, bytes: Buffer, at: number, length: number): Struct | null {
  const text = bytes.toString("latin1", at, at + length);
  if (NOT_A_NUMBER.test(text)) return null;
  const short = text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  const value = Decimal.parse(short);
  return Struct.of(schema, [value.scale, value.toBytes()]);
}
