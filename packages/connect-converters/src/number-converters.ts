import {
  DataError,
  isFloat64,
  javaClassName,
  OPTIONAL_FLOAT32_SCHEMA,
  OPTIONAL_FLOAT64_SCHEMA,
  OPTIONAL_INT16_SCHEMA,
  OPTIONAL_INT32_SCHEMA,
  OPTIONAL_INT64_SCHEMA,
  type Schema,
} from "@millrace/connect-api";
import { FixedWidthConverter } from "./fixed-width-converter.ts";

interface NumberFormat {
  readonly typeName: string;
  readonly deserializer: string;
  readonly width: number;
  readonly schema: Schema;
  /**
   * The number to write, undefined for a value of another type.
   * @param typed the schema says that it is of this type
   */
  numberOf(value: unknown, typed: boolean): number | bigint | undefined;
  write(bytes: Buffer, number: number | bigint): void;
  decode(bytes: Buffer): unknown;
}

/**
 * Java's number converters look at the class of a value alone. Here a schema of numbers
 * tells the type, and must be the converter's own; a number without schema has no width,
 * so it is taken where it fits without loss.
 */
abstract class NumberConverter extends FixedWidthConverter {
  constructor(format: NumberFormat) {
    super({
      ...format,
      encode(schema, value) {
        if (value === null) return null;
        const typed = schema?.type === format.schema.type;
        const number = !typed && isNumeric(schema) ? undefined : format.numberOf(value, typed);
        if (number === undefined) {
          throw new DataError(
            `Failed to serialize to ${format.typeName} (was class ${javaClassName(value, schema)}): `,
          );
        }
        const bytes = Buffer.allocUnsafe(format.width);
        format.write(bytes, number);
        return bytes;
      },
    });
  }
}

function isNumeric(schema: Schema | null): boolean {
  return schema !== null && /^(?:INT|FLOAT)/.test(schema.type);
}

/** Two bytes, big-endian (Java: `org.apache.kafka.connect.converters.ShortConverter`). */
export class ShortConverter extends NumberConverter {
  constructor() {
    super({
      typeName: "short",
      deserializer: "ShortDeserializer",
      width: 2,
      schema: OPTIONAL_INT16_SCHEMA,
      numberOf: (value) =>
        typeof value === "number" && (value << 16) >> 16 === value ? value : undefined,
      write: (bytes, number) => bytes.writeInt16BE(Number(number)),
      decode: (bytes) => bytes.readInt16BE(),
    });
  }
}

/** Four bytes, big-endian (Java: `org.apache.kafka.connect.converters.IntegerConverter`). */
export class IntegerConverter extends NumberConverter {
  constructor() {
    super({
      typeName: "integer",
      deserializer: "IntegerDeserializer",
      width: 4,
      schema: OPTIONAL_INT32_SCHEMA,
      numberOf: (value) => (typeof value === "number" && (value | 0) === value ? value : undefined),
      write: (bytes, number) => bytes.writeInt32BE(Number(number)),
      decode: (bytes) => bytes.readInt32BE(),
    });
  }
}

/** Eight bytes, big-endian (Java: `org.apache.kafka.connect.converters.LongConverter`). */
export class LongConverter extends NumberConverter {
  constructor() {
    super({
      typeName: "long",
      deserializer: "LongDeserializer",
      width: 8,
      schema: OPTIONAL_INT64_SCHEMA,
      numberOf: (value) => {
        if (Number.isSafeInteger(value)) return value as number;
        return typeof value === "bigint" && BigInt.asIntN(64, value) === value ? value : undefined;
      },
      write: (bytes, number) => bytes.writeBigInt64BE(BigInt(number)),
      decode: (bytes) => {
        const value = bytes.readBigInt64BE();
        const number = Number(value);
        return Number.isSafeInteger(number) ? number : value;
      },
    });
  }
}

/** Four bytes, big-endian (Java: `org.apache.kafka.connect.converters.FloatConverter`). */
export class FloatConverter extends NumberConverter {
  constructor() {
    super({
      typeName: "float",
      deserializer: "Deserializer",
      width: 4,
      schema: OPTIONAL_FLOAT32_SCHEMA,
      numberOf: (value, typed) => {
        const number = floatOf(value, typed);
        return number !== undefined && (typed || Math.fround(number) === number)
          ? number
          : undefined;
      },
      write: (bytes, number) => bytes.writeFloatBE(Number(number)),
      decode: (bytes) => bytes.readFloatBE(),
    });
  }
}

/** Eight bytes, big-endian (Java: `org.apache.kafka.connect.converters.DoubleConverter`). */
export class DoubleConverter extends NumberConverter {
  constructor() {
    super({
      typeName: "double",
      deserializer: "Deserializer",
      width: 8,
      schema: OPTIONAL_FLOAT64_SCHEMA,
      numberOf: floatOf,
      write: (bytes, number) => bytes.writeDoubleBE(Number(number)),
      decode: (bytes) => bytes.readDoubleBE(),
    });
  }
}

/** Without schema whole numbers are integers, unless they are boxed. */
function floatOf(value: unknown, typed: boolean): number | undefined {
  if (isFloat64(value)) return value.value;
  return typeof value === "number" && (typed || !Number.isSafeInteger(value)) ? value : undefined;
}
