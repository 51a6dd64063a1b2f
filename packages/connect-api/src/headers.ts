import type { Schema } from "./schema.ts";
import { STRING_SCHEMA } from "./schema.ts";
import { validateValue } from "./validate-value.ts";
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
    if (schema) validateValue(schema, value);
    this.#list.push({ key, schema, value: value ?? null });
    return this;
  }

  addString(key: string, value: string): this {
    return this.add(key, value, STRING_SCHEMA);
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
