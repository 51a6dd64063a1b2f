import {
  DataError,
  Decimal,
  Float64,
  isDecimal,
  isFloat64,
  javaClassName,
  type Schema,
  type SchemaType,
} from "@millrace/connect-api";
import { type Bits, toFloat32, toFloat64, toInteger } from "./java-narrowing.ts";
import { numberFormatError } from "./java-number-text.ts";

const BITS: Partial<Record<SchemaType, Bits>> = { INT8: 8, INT16: 16, INT32: 32, INT64: 64 };

/** A text that stands in for masked values; as a number, it is narrowed to their type. */
export class Replacement {
  readonly #text: string;
  /** The text as a number, and what Java says where it is none. */
  readonly #number: Decimal | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#number = decimalOf(text);
  }

  /** @throws {DataError} for a value that is neither number nor string, and when the text is no number */
  of(value: unknown, schema: Schema | null): unknown {
    if (typeof value === "string") return this.#text;
    if (isDecimal(value)) return this.#asNumber("number");
    if (isFloat64(value)) return schemalessFloat(toFloat64(this.#asNumber("a number")));
    if (typeof value !== "number" && typeof value !== "bigint") {
      throw new DataError(
        `Cannot mask value of type class ${javaClassName(value, schema)} with custom replacement.`,
      );
    }
    const number = this.#asNumber("a number");
    if (schema === null) {
      const isFloat = typeof value === "number" && !Number.isSafeInteger(value);
      return isFloat ? schemalessFloat(toFloat64(number)) : toInteger(number, 64, false);
    }
    const bits = BITS[schema.type];
    if (bits !== undefined) return toInteger(number, bits, false);
    return schema.type === "FLOAT32" ? toFloat32(number) : toFloat64(number);
  }

  #asNumber(what: string): Decimal {
    if (this.#number !== undefined) return this.#number;
    throw new DataError(`Unable to convert ${this.#text} (class java.lang.String) to ${what}`, {
      cause: numberFormatError(notDecimal(this.#text)),
    });
  }
}

function decimalOf(text: string): Decimal | undefined {
  try {
    return Decimal.parse(text);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

/** `BigDecimal` names the first character that does not belong, if that is what is wrong. */
function notDecimal(text: string): string {
  const stray = /[^\d.eE+-]/.exec(text)?.[0];
  return stray === undefined
    ? `Not a number: "${text}"`
    : `Character ${stray} is neither a decimal digit number, decimal point, nor "e" notation exponential mark.`;
}

function schemalessFloat(value: number): number | Float64 {
  return Number.isSafeInteger(value) ? new Float64(value) : value;
}
