import {
  DataError,
  DATE_NAME,
  dateToDays,
  DECIMAL_NAME,
  decimalScale,
  decimalToBytes,
  isDecimal,
  javaClassName,
  type Schema,
  TIME_NAME,
  timeToMillis,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import type { AvroFixed, AvroSchema } from "./avro-schema.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** Writes a value as Avro. @throws {DataError} when it does not fit */
export type AvroWriter = (value: unknown, out: ByteWriter) => void;

export function toNumbers(avro: AvroSchema, wrong: (value: unknown) => never): AvroWriter {
  switch (avro.type) {
    case "float":
      return (value, out) => (isNumber(value) ? out.float(Number(value)) : wrong(value));
    case "double":
      return (value, out) => (isNumber(value) ? out.double(Number(value)) : wrong(value));
    default:
      return (value, out) => {
        if (Number.isSafeInteger(value)) out.long(value as number);
        else if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) out.long(value);
        else wrong(value);
      };
  }
}

const isNumber = (value: unknown): boolean =>
  typeof value === "number" || typeof value === "bigint";

export function toFixed(
  { size, fullName }: AvroFixed,
  wrong: (value: unknown) => never,
): AvroWriter {
  return (value, out) => {
    if (!(value instanceof Uint8Array)) return wrong(value);
    if (value.length !== size) {
      throw new DataError(`${fullName} takes ${size} bytes, but the value has ${value.length}`);
    }
    out.raw(value);
  };
}

export function compileLogical(
  schema: Schema,
  avro: AvroSchema,
  where: string,
): AvroWriter | undefined {
  const dates = (toNumber: (date: Date) => number): AvroWriter => {
    const write = toNumbers(avro, () => {
      throw misfit(schema, avro, where);
    });
    return (value, out) => {
      if (!(value instanceof Date)) throw wrongType(schema, value, where);
      write(toNumber(value), out);
    };
  };
  switch (schema.name) {
    case DECIMAL_NAME:
      return compileDecimal(schema, avro, where);
    case DATE_NAME:
      return dates(dateToDays);
    case TIME_NAME:
      return dates(timeToMillis);
    case TIMESTAMP_NAME:
      return dates((date) => date.getTime());
    default:
      return undefined;
  }
}

function compileDecimal(schema: Schema, avro: AvroSchema, where: string): AvroWriter {
  const scale = decimalScale(schema);
  const size = avro.type === "fixed" ? avro.size : undefined;
  return (value, out) => {
    if (!isDecimal(value)) throw wrongType(schema, value, where);
    const bytes = decimalToBytes(scale, value);
    if (size === undefined) {
      out.int(bytes.length);
    } else {
      if (bytes.length > size) {
        throw new DataError(`The decimal ${value.toString()} needs more than ${size} bytes`);
      }
      out.raw(Buffer.alloc(size - bytes.length, value.unscaled < 0n ? 0xff : 0));
    }
    out.raw(bytes);
  };
}

export function wrongType(schema: Schema, value: unknown, where: string): DataError {
  return new DataError(
    `Invalid type for ${schema.name ?? schema.type}: class ${javaClassName(value)} for ${where}`,
  );
}

export function misfit(schema: Schema, avro: AvroSchema, where: string): DataError {
  const types =
    avro.type === "union"
      ? `a union of ${avro.branches.map(({ type }) => type).join(", ")}`
      : avro.type;
  return new DataError(
    `${schema.type}, the type of ${where}, cannot be written as Avro's ${types}`,
  );
}
