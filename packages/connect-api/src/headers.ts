import type { Decimal } from "./decimal.ts";
import { DataError } from "./errors.ts";
import { javaText } from "./java-text.ts";
import { DATE_SCHEMA, decimalSchema, TIME_SCHEMA, TIMESTAMP_SCHEMA } from "./logical.ts";
import {
  BOOLEAN_SCHEMA,
  BYTES_SCHEMA,
  FLOAT32_SCHEMA,
  FLOAT64_SCHEMA,
  INT16_SCHEMA,
  INT32_SCHEMA,
  INT64_SCHEMA,
  INT8_SCHEMA,
  type Schema,
  STRING_SCHEMA,
} from "./schema.ts";
import type { Struct } from "./struct.ts";
import { fitsSchema } from "./validate-value.ts";
import { valueEquals } from "./value-equals.ts";

/** One header: a key that may occur more than once, a value and its schema. */
export interface Header {
  readonly key: string;
  readonly schema: Schema | null;
  readonly value: unknown;
}

/** The headers of a record: an ordered multimap (Java: `ConnectHeaders`). */
export class Headers implements Iterable<Header> {
  #list: Header[];

  constructor(headers: Iterable<Header> = []) {
    this.#list = [...headers];
  }

  get size(): number {
    return this.#list.length;
  }

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  [Symbol.iterator](): Iterator<Header> {
    return this.#list[Symbol.iterator]();
  }

  /** Adds at the end. @throws {DataError} when the value does not fit the schema */
  add(key: string, value: unknown, schema: Schema | null): this {
    if (schema) checkFits(schema, value);
    this.#list.push({ key, schema, value: value ?? null });
    return this;
  }

  addString(key: string, value: string): this {
    return this.add(key, value, STRING_SCHEMA);
  }
  addBoolean(key: string, value: boolean): this {
    return this.add(key, value, BOOLEAN_SCHEMA);
  }
  /** INT8 */
  addByte(key: string, value: number): this {
    return this.add(key, value, INT8_SCHEMA);
  }
  /** INT16 */
  addShort(key: string, value: number): this {
    return this.add(key, value, INT16_SCHEMA);
  }
  /** INT32 */
  addInt(key: string, value: number): this {
    return this.add(key, value, INT32_SCHEMA);
  }
  /** INT64 */
  addLong(key: string, value: number | bigint): this {
    return this.add(key, value, INT64_SCHEMA);
  }
  /** FLOAT32 */
  addFloat(key: string, value: number): this {
    return this.add(key, value, FLOAT32_SCHEMA);
  }
  /** FLOAT64 */
  addDouble(key: string, value: number): this {
    return this.add(key, value, FLOAT64_SCHEMA);
  }
  addBytes(key: string, value: Uint8Array): this {
    return this.add(key, value, BYTES_SCHEMA);
  }
  addDecimal(key: string, value: Decimal): this {
    return this.add(key, value, decimalSchema(value.scale));
  }
  /** @param value midnight UTC of the day */
  addDate(key: string, value: Date): this {
    return this.add(key, value, DATE_SCHEMA);
  }
  /** @param value a time of 1970-01-01 UTC */
  addTime(key: string, value: Date): this {
    return this.add(key, value, TIME_SCHEMA);
  }
  addTimestamp(key: string, value: Date): this {
    return this.add(key, value, TIMESTAMP_SCHEMA);
  }
  addStruct(key: string, value: Struct): this {
    return this.add(key, value, value.schema);
  }

  lastWithName(key: string): Header | undefined {
    return this.#list.findLast((header) => header.key === key);
  }

  allWithName(key: string): Header[] {
    return this.#list.filter((header) => header.key === key);
  }

  remove(key: string): this {
    this.#list = this.#list.filter((header) => header.key !== key);
    return this;
  }

  clear(): this {
    this.#list = [];
    return this;
  }

  /** Drops all but the last header of that key, or of every key. */
  retainLatest(key?: string): this {
    const last = new Map(this.#list.map((header) => [header.key, header]));
    this.#list = this.#list.filter(
      (header) => (key !== undefined && header.key !== key) || last.get(header.key) === header,
    );
    return this;
  }

  /** Replaces each header (of that key, if one is given) by the result; undefined drops it. */
  apply(transform: (header: Header) => Header | undefined, key?: string): this {
    this.#list = this.#list.flatMap((header) =>
      key === undefined || header.key === key ? (transform(header) ?? []) : header,
    );
    return this;
  }

  duplicate(): Headers {
    return new Headers(this.#list);
  }

  equals(other: Headers): boolean {
    return valueEquals(
      this.#list.map(({ key, schema, value }) => [key, schema, value]),
      [...other].map(({ key, schema, value }) => [key, schema, value]),
    );
  }
}

function checkFits(schema: Schema, value: unknown): void {
  if (value === null || value === undefined) {
    if (schema.optional) return;
    throw new DataError(`A null value requires an optional schema but was ${schema.toString()}`);
  }
  if (fitsSchema(schema, value)) return;
  throw new DataError(
    `The value ${javaText(null, value)} is not compatible with the schema ${schema.toString()}`,
  );
}
