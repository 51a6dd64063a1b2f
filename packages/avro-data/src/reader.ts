import {
  DataError,
  DATE_NAME,
  daysToDate,
  Decimal,
  DECIMAL_NAME,
  decimalScale,
  millisToTime,
  type Schema,
  Struct,
  TIME_NAME,
  TIMESTAMP_NAME,
} from "@millrace/connect-api";
import { isAnything } from "./anything.ts";
import type { AvroEnum, AvroRecord, AvroSchema, AvroUnion } from "./avro-schema.ts";
import { readBlocks } from "./blocks.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { AvroDataConfig } from "./config.ts";
import { readAnything } from "./read-anything.ts";
import { isMapEntry, nullableBranch } from "./to-connect-schema.ts";

/** Reads one value. @throws {DataError} when the bytes are no such value */
export type AvroReader = (input: ByteReader) => unknown;

/**
 * Compiles the reader of Avro that gives Connect values.
 * @param schema what `toConnectSchema` made of `avro`; null for data without schema
 */
export function compileReader(
  avro: AvroSchema,
  schema: Schema | null,
  config: AvroDataConfig,
): AvroReader {
  return schema === null || isAnything(avro) ? readAnything : readerOf(avro, schema, config);
}

function readerOf(avro: AvroSchema, schema: Schema, config: AvroDataConfig): AvroReader {
  switch (avro.type) {
    case "union":
      return unionReader(avro, schema, config);
    case "null":
      return () => null;
    case "boolean":
      return (input) => input.byte() !== 0;
    case "int":
      return intReader(schema);
    case "long":
      return schema.name === TIMESTAMP_NAME ? readTimestamp : (input) => input.long();
    case "float":
      return (input) => input.float();
    case "double":
      return (input) => input.double();
    case "string":
      return (input) => input.text(input.int());
    case "bytes":
      return bytesReader((input) => input.bytes(input.int()), schema);
    case "fixed": {
      const { size } = avro;
      return bytesReader((input) => input.bytes(size), schema);
    }
    case "enum":
      return enumReader(avro);
    case "array":
      return isMapEntry(avro.items)
        ? entriesReader(avro.items, schema, config)
        : arrayReader(avro.items, schema, config);
    case "map":
      return mapReader(avro.values, schema, config);
    case "record":
      return structReader(avro, schema, config);
  }
}

function unionReader(avro: AvroUnion, schema: Schema, config: AvroDataConfig): AvroReader {
  const { branches } = avro;
  if (nullableBranch(avro) !== undefined) {
    const [first, second] = branches.map((branch) => readerOf(branch, schema, config));
    return (input) => {
      const index = input.int();
      if (index === 0) return first!(input);
      if (index === 1) return second!(input);
      throw noBranch(index);
    };
  }
  if (branches.length === 1 && config["flatten.singleton.unions"]) {
    const read = readerOf(branches[0]!, schema, config);
    return (input) => {
      input.int();
      return read(input);
    };
  }
  const fields = branches.filter(({ type }) => type !== "null");
  const reads = branches.map((branch) => {
    const at = fields.indexOf(branch);
    if (at < 0) return () => null;
    const read = readerOf(branch, schema.fields[at]!.schema, config);
    return (input: ByteReader) => {
      const values = fields.map((): unknown => null);
      values[at] = read(input);
      return Struct.of(schema, values);
    };
  });
  return (input) => {
    const index = input.int();
    const read = reads[index];
    if (read === undefined) throw noBranch(index);
    return read(input);
  };
}

function intReader(schema: Schema): AvroReader {
  switch (schema.name) {
    case DATE_NAME:
      return (input) => daysToDate(input.int());
    case TIME_NAME:
      return (input) => millisToTime(input.int());
    default:
      return (input) => input.int();
  }
}

const readTimestamp: AvroReader = (input) => {
  const date = new Date(Number(input.long()));
  if (Number.isNaN(date.getTime())) throw new DataError("A timestamp is beyond what a Date holds");
  return date;
};

function bytesReader(read: (input: ByteReader) => Buffer, schema: Schema): AvroReader {
  if (schema.name !== DECIMAL_NAME) return read;
  const scale = decimalScale(schema);
  return (input) => Decimal.fromBytes(read(input), scale);
}

function enumReader({ symbols, fullName }: AvroEnum): AvroReader {
  return (input) => {
    const index = input.int();
    const symbol = symbols[index];
    if (symbol === undefined) throw new DataError(`The enum ${fullName} has no symbol ${index}`);
    return symbol;
  };
}

function arrayReader(items: AvroSchema, schema: Schema, config: AvroDataConfig): AvroReader {
  const read = readerOf(items, schema.valueSchema, config);
  return (input) => {
    const list: unknown[] = [];
    readBlocks(input, () => list.push(read(input)));
    return list;
  };
}

function mapReader(values: AvroSchema, schema: Schema, config: AvroDataConfig): AvroReader {
  const read = readerOf(values, schema.valueSchema, config);
  return (input) => {
    const map = new Map<unknown, unknown>();
    readBlocks(input, () => {
      const key = input.text(input.int());
      map.set(key, read(input));
    });
    return map;
  };
}

function entriesReader(entry: AvroRecord, schema: Schema, config: AvroDataConfig): AvroReader {
  const readKey = readerOf(entry.fields[0]!.schema, schema.keySchema, config);
  const readValue = readerOf(entry.fields[1]!.schema, schema.valueSchema, config);
  return (input) => {
    const map = new Map<unknown, unknown>();
    readBlocks(input, () => {
      const key = readKey(input);
      map.set(key, readValue(input));
    });
    return map;
  };
}

function structReader(avro: AvroRecord, schema: Schema, config: AvroDataConfig): AvroReader {
  const reads = avro.fields.map((field, i) =>
    compileReader(field.schema, schema.fields[i]!.schema, config),
  );
  const count = reads.length;
  return (input) => {
    const values: unknown[] = [];
    for (let i = 0; i < count; i++) values.push(reads[i]!(input));
    return Struct.of(schema, values);
  };
}

function noBranch(index: number): DataError {
  return new DataError(`A union has no type ${index}`);
}
