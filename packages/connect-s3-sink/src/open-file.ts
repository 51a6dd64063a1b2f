import type { Schema, SinkRecord } from "@millrace/connect-api";
import {
  type FormatFile,
  type FormatRecord,
  schemaChange,
  type SchemaChange,
} from "@millrace/storage-formats";
import type { ObjectStore } from "./client.ts";
import type { Layout, Output } from "./layout.ts";
import { type Completion, ObjectUpload } from "./object-upload.ts";
import { headersOf, keyOf } from "./side-records.ts";

/** The objects of one directory that are being written: values, and what is stored beside them. */
export class OpenFile {
  readonly directory: string;
  readonly startOffset: number;
  readonly schema: Schema | null;
  readonly tombstones: boolean;
  readonly #layout: Layout;
  readonly #objects: readonly OpenObject[];
  readonly #keySchema: Schema | null;
  readonly #storesKeys: boolean;
  #endOffset: number;
  #count = 0;

  // Records mostly have the schema of the one before.
  #lastSchema: Schema | null;
  #lastChange: SchemaChange = "same";

  /** @throws {DataError} when the first record's schema cannot be written in the format */
  constructor(store: ObjectStore, layout: Layout, record: SinkRecord, directory: string) {
    this.directory = directory;
    this.startOffset = record.kafkaOffset;
    this.schema = record.valueSchema;
    this.tombstones = record.value === null;
    this.#layout = layout;
    this.#lastSchema = record.valueSchema;
    this.#endOffset = record.kafkaOffset;
    this.#keySchema = record.keySchema;
    this.#storesKeys = layout.outputs.some(({ part }) => part === "key");
    const outputs = layout.outputs.filter(({ part }) => part !== "value" || !this.tombstones);
    this.#objects = outputs.map((output) => openObject(store, layout, record, directory, output));
  }

  get count(): number {
    return this.#count;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  /** What made an upload fail. */
  get failure(): unknown {
    return this.#objects.map(({ upload }) => upload.failure).find((why) => why !== undefined);
  }

  /** About how many bytes of memory it holds. */
  get memory(): number {
    let sum = 0;
    for (const { file, upload } of this.#objects) sum += file.held + upload.memory;
    return sum;
  }

  /** What a record's schema means for this file. @throws {SchemaProjectorError} */
  changeOf(record: SinkRecord): SchemaChange {
    if ((record.value === null) !== this.tombstones) return "rotate";
    if (!this.#hasSameKey(record)) return "rotate";
    const { valueSchema } = record;
    if (valueSchema === this.#lastSchema) return this.#lastChange;
    const change = this.tombstones
      ? "same"
      : schemaChange(this.#layout.compatibility, valueSchema, this.schema);
    this.#lastSchema = valueSchema;
    this.#lastChange = change;
    return change;
  }

  #hasSameKey({ keySchema }: SinkRecord): boolean {
    if (!this.#storesKeys || keySchema === this.#keySchema) return true;
    return keySchema !== null && keySchema.equals(this.#keySchema);
  }

  /** @throws {DataError} when it does not fit; nothing of it is written then */
  write(record: SinkRecord, change: SchemaChange): void {
    // First everything that can fail but the writing itself.
    const parts = this.#objects.map(({ output }) => this.#partOf(record, output, change));
    for (const [i, { file }] of this.#objects.entries()) file.write(parts[i]!);
    this.#endOffset = record.kafkaOffset;
    this.#count++;
  }

  #partOf(record: SinkRecord, output: Output, change: SchemaChange): FormatRecord {
    switch (output.part) {
      case "key":
        return keyOf(record, output.enveloped);
      case "headers":
        return headersOf(record, output.enveloped);
      case "value": {
        const { topic, value } = record;
        return {
          topic,
          schema: this.schema,
          value: typeof change === "function" ? change(value) : value,
        };
      }
    }
  }

  /** Makes room in memory. */
  spill(): void {
    for (const { file, upload } of this.#objects) {
      file.flush();
      upload.spill();
    }
  }

  /** Everything goes to the uploads. */
  async finish(): Promise<void> {
    for (const { file } of this.#objects) await file.finish();
  }

  /** @returns false when the first object is there already, and was not to be replaced */
  async complete(completion: Completion): Promise<boolean> {
    if (!(await this.#objects[0]!.upload.complete(completion))) return false;
    await this.completeRest({ ...completion, onlyIfAbsent: false });
    return true;
  }

  /** All objects but the first. */
  async completeRest(completion: Completion): Promise<void> {
    const [, ...others] = this.#objects;
    await Promise.all(others.map(({ upload }) => upload.complete(completion)));
  }

  get keys(): readonly string[] {
    return this.#objects.map(({ upload }) => upload.key);
  }

  async abort(): Promise<void> {
    await Promise.all(this.#objects.map(({ upload }) => upload.abort()));
  }
}

interface OpenObject {
  readonly output: Output;
  readonly upload: ObjectUpload;
  readonly file: FormatFile;
}

function openObject(
  store: ObjectStore,
  layout: Layout,
  record: SinkRecord,
  directory: string,
  output: Output,
): OpenObject {
  const key = layout.nameOf(record, directory, record.kafkaOffset, output);
  const { contentType, contentEncoding } = output.format;
  const upload = new ObjectUpload(store, { key, contentType, contentEncoding }, layout.byClock);
  return { output, upload, file: output.format.open(schemaOf(record, output), upload) };
}

function schemaOf(record: SinkRecord, output: Output): Schema | null {
  switch (output.part) {
    case "value":
      return record.valueSchema;
    case "key":
      return keyOf(record, output.enveloped).schema;
    case "headers":
      return headersOf(record, output.enveloped).schema;
  }
}
