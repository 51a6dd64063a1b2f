import type { SchemaElement } from "hyparquet-writer";
import { GrowingBytes } from "./growing-bytes.ts";
import { type Bounds, type Physical, physicalOf, type Primitive } from "./physical.ts";

/** Of a page's values, before compression. */
const PAGE_BYTES = 1_048_576;
const MOST_DICTIONARY_BYTES = 1_048_576;
/** So many different values say nothing yet. */
const TRIAL_ENTRIES = 64;
/** About what an entry of a dictionary takes in V8's heap. */
const ENTRY_BYTES = 96;

/** How far a column is. */
interface Position {
  row: number;
  /** Of the levels: values, nulls and empty lists. */
  slot: number;
  /** Values that are there. */
  count: number;
  /** Of their bytes. */
  bytes: number;
}

/** A page, ready to be compressed. */
export interface PageContent {
  readonly rows: number;
  readonly slots: number;
  readonly nulls: number;
  readonly firstRow: number;
  readonly repetitionLevels: Uint8Array;
  readonly definitionLevels: Uint8Array;
  readonly values: Buffer;
}

export interface DictionaryContent {
  readonly entries: number;
  readonly values: Buffer;
  /** One for each value. */
  readonly indexes: Uint32Array;
  readonly bitWidth: number;
}

/** All of a column's values. It is gone once it was used. */
export interface ColumnContent {
  readonly slots: number;
  readonly nulls: number;
  readonly bounds: Bounds;
  readonly dictionary?: DictionaryContent;
  readonly pages: readonly PageContent[];
}

/**
 * The values of one column of the row group that is being written, encoded as they come: bytes
 * outside of V8's heap, in the place of objects. As long as they repeat, each different one is
 * kept once, in a dictionary.
 */
export class ParquetColumn {
  readonly path: readonly string[];
  readonly element: SchemaElement;
  readonly maxDefinition: number;
  readonly maxRepetition: number;
  readonly #physical: Physical;
  #values = new GrowingBytes();
  readonly #definitions = new GrowingBytes();
  readonly #repetitions = new GrowingBytes();
  #slots = 0;
  #count = 0;
  readonly #pages: Position[] = [];
  readonly #row: Position = { row: 0, slot: 0, count: 0, bytes: 0 };

  /** Places of values in the dictionary; undefined while none is wanted. `#values` has its entries then. */
  #dictionary: Map<Primitive, number> | undefined;
  readonly #indexes = new GrowingBytes();
  /** Where entries of the dictionary end. */
  #ends: number[] = [];
  #entriesBefore = 0;

  constructor(
    path: readonly string[],
    element: SchemaElement,
    maxDefinition: number,
    maxRepetition: number,
  ) {
    this.path = path;
    this.element = element;
    this.maxDefinition = maxDefinition;
    this.maxRepetition = maxRepetition;
    this.#physical = physicalOf(element);
    this.#dictionary = new Map();
  }

  /** Bytes of memory that it takes. */
  get capacity(): number {
    return (
      this.#values.capacity +
      this.#definitions.capacity +
      this.#repetitions.capacity +
      this.#indexes.capacity +
      this.#ends.length * ENTRY_BYTES
    );
  }

  /** Bytes of values, as far as they are kept. */
  get length(): number {
    return this.#values.length + this.#indexes.length;
  }

  /** Begins a row: where the column is taken back to when the row turns out not to fit. */
  beginRow(row: number): void {
    const position = this.#row;
    position.row = row;
    position.slot = this.#slots;
    position.count = this.#count;
    position.bytes = this.#values.length;
    this.#entriesBefore = this.#ends.length;
    if (this.#dictionary === undefined) {
      const start = this.#pages.at(-1)?.bytes ?? 0;
      if (position.bytes - start >= PAGE_BYTES) this.#pages.push({ ...position });
    }
  }

  takeBack(): void {
    const { slot, count, bytes } = this.#row;
    if (this.#dictionary === undefined) {
      this.#values.length = bytes;
    } else {
      // Its entries are in order.
      for (const key of [...this.#dictionary.keys()].slice(this.#entriesBefore)) {
        this.#dictionary.delete(key);
      }
      this.#ends.length = this.#entriesBefore;
      this.#values.length = bytes;
      this.#indexes.length = 4 * count;
    }
    this.#slots = slot;
    this.#count = count;
    this.#definitions.length = Math.min(slot, this.#definitions.length);
    this.#repetitions.length = Math.min(slot, this.#repetitions.length);
  }

  put(value: Primitive, repetition: number): void {
    if (this.#dictionary === undefined) this.#physical.put(this.#values, value);
    else this.#putIndex(this.#dictionary, value);
    this.#count++;
    this.#level(repetition, this.maxDefinition);
  }

  /** No value, since something above it is null, or a list empty: `definition` says what. */
  putNull(repetition: number, definition: number): void {
    this.#level(repetition, definition);
  }

  #level(repetition: number, definition: number): void {
    this.#slots++;
    if (this.maxDefinition > 0) this.#definitions.byte(definition);
    if (this.maxRepetition > 0) this.#repetitions.byte(repetition);
  }

  #putIndex(dictionary: Map<Primitive, number>, value: Primitive): void {
    let index = dictionary.get(value);
    if (index === undefined) {
      index = this.#ends.length;
      const tooMany = index >= TRIAL_ENTRIES && 2 * index > this.#count;
      if (tooMany || this.#values.length > MOST_DICTIONARY_BYTES || !this.#physical.isKey(value)) {
        this.#dropDictionary();
        this.#physical.put(this.#values, value);
        return;
      }
      dictionary.set(value, index);
      this.#physical.put(this.#values, value);
      this.#ends.push(this.#values.length);
    }
    this.#indexes.int32(index);
  }

  /** Writes out what was kept once. */
  #dropDictionary(): void {
    const entries = this.#values;
    const ends = this.#ends;
    const values = new GrowingBytes();
    for (let i = 0; i < this.#count; i++) {
      if (i === this.#row.count) this.#row.bytes = values.length;
      const index = this.#indexes.int32At(4 * i);
      values.append(entries, ends[index - 1] ?? 0, ends[index]!);
    }
    if (this.#row.count === this.#count) this.#row.bytes = values.length;
    entries.clear();
    this.#indexes.clear();
    this.#ends = [];
    this.#dictionary = undefined;
    this.#values = values;
  }

  /** Takes out all there is, of so many rows; the column is empty then. */
  take<T>(rows: number, use: (content: ColumnContent) => T): T {
    if (this.#dictionary !== undefined && !this.#isDictionaryWorthwhile()) this.#dropDictionary();
    const result = use({
      slots: this.#slots,
      nulls: this.#slots - this.#count,
      bounds: this.#physical.bounds(this.#values),
      ...(this.#dictionary === undefined
        ? { pages: this.#pagesOfValues(rows) }
        : { dictionary: this.#dictionaryContent(), pages: [this.#pageOfIndexes(rows)] }),
    });
    for (const bytes of [this.#values, this.#indexes, this.#definitions, this.#repetitions]) {
      bytes.clear();
    }
    this.#pages.length = 0;
    this.#slots = 0;
    this.#count = 0;
    this.#ends = [];
    this.#dictionary = new Map();
    return result;
  }

  /** Whether it and its indexes take at most half of what the values would. */
  #isDictionaryWorthwhile(): boolean {
    const entries = this.#ends.length;
    if (entries === 0) return false;
    let plain = 0;
    for (let i = 0; i < this.#count; i++) {
      const index = this.#indexes.int32At(4 * i);
      plain += this.#ends[index]! - (this.#ends[index - 1] ?? 0);
    }
    const indexes = (this.#count * bitsFor(entries - 1)) / 8;
    return 2 * (this.#values.length + indexes) <= plain;
  }

  #dictionaryContent(): DictionaryContent {
    const indexes = new Uint32Array(this.#count);
    for (let i = 0; i < this.#count; i++) indexes[i] = this.#indexes.int32At(4 * i);
    const entries = this.#ends.length;
    return { entries, values: this.#values.bytes, indexes, bitWidth: bitsFor(entries - 1) };
  }

  #pageOfIndexes(rows: number): PageContent {
    return this.#page(START, this.#end(rows), Buffer.alloc(0));
  }

  #pagesOfValues(rows: number): PageContent[] {
    // A row that was to begin a page may not have come.
    const begun = this.#pages.filter(({ row }) => row < rows);
    const bounds = [START, ...begun, this.#end(rows)];
    return bounds.slice(1).map((end, i) => {
      const start = bounds[i]!;
      return this.#page(start, end, this.#values.bytes.subarray(start.bytes, end.bytes));
    });
  }

  #end(row: number): Position {
    return { row, slot: this.#slots, count: this.#count, bytes: this.#values.length };
  }

  #page(start: Position, end: Position, values: Buffer): PageContent {
    const slots = end.slot - start.slot;
    return {
      rows: end.row - start.row,
      slots,
      nulls: slots - (end.count - start.count),
      firstRow: start.row,
      repetitionLevels: this.#repetitions.bytes.subarray(start.slot, end.slot),
      definitionLevels: this.#definitions.bytes.subarray(start.slot, end.slot),
      values,
    };
  }
}

const START: Position = { row: 0, slot: 0, count: 0, bytes: 0 };

/** So many bits hold numbers up to this one. */
export const bitsFor = (most: number): number => 32 - Math.clz32(most);
