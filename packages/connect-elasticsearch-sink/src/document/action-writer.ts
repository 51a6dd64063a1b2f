import { DataError, type SinkRecord } from "@millrace/connect-api";
import { keyId } from "./key-id.ts";
import type { Version, Versioning } from "./version.ts";

/**
 * What a version conflict means: `older`, a newer version is there, or the same record;
 * `repeated`, this record is there already, for its id is its own; `retry`, an update lost
 * against another writer more often than retry_on_conflict.
 */
export type OnConflict = "older" | "repeated" | "retry";

/** A record as Elasticsearch is to get it; see `Operation` for the fields. */
export interface Action {
  readonly index: string;
  readonly id: string | undefined;
  readonly version: Version | undefined;
  readonly onConflict: OnConflict;
  readonly lines: string;
}

/**
 * Where document ids come from: the record's key; its place in Kafka, as
 * topic+partition+offset; or Elasticsearch, which makes one up.
 */
export type IdSource = "key" | "place" | "generated";

export interface ActionOptions {
  readonly index: string;
  readonly ids: IdSource;
  /** A data stream takes `create` only. */
  readonly operation: "index" | "create" | "update";
  /** `retry_on_conflict` of updates. */
  readonly retryOnConflict: number;
  /** Counts only for documents that are written whole and have the record's key as id. */
  readonly versioning: Versioning | undefined;
  /** The ingest pipeline of what is indexed or created. */
  readonly pipeline: string | null;
  /** What the document is routed by; undefined = by its id. */
  readonly routingOf: ((record: SinkRecord) => string) | undefined;
  /** The JSON of a record's document. */
  readonly documentOf: (record: SinkRecord) => string;
}

/**
 * Makes bulk actions of one topic's records: their ids, versions and lines.
 *
 * An insert with the record's key as id carries an external version, the Kafka offset unless
 * version.source says otherwise, so that a record written again, or late, never replaces a newer one. Updates cannot carry
 * one; deletes carry one only beside inserts, for the versions that updates count would
 * outrun the offsets and turn a later delete into a conflict.
 */
export class ActionWriter {
  readonly #options: ActionOptions;
  readonly #meta: string;
  readonly #pipeline: string;
  readonly #versioning: Versioning | undefined;
  readonly #onConflict: OnConflict;

  constructor(options: ActionOptions) {
    this.#options = options;
    this.#meta = `{"_index":${JSON.stringify(options.index)}`;
    const { pipeline } = options;
    this.#pipeline = pipeline === null ? "" : `,"pipeline":${JSON.stringify(pipeline)}`;
    const versioned = options.ids === "key" && options.operation === "index";
    this.#versioning = versioned ? options.versioning : undefined;
    this.#onConflict = options.ids === "place" ? "repeated" : "older";
  }

  /** @throws {DataError} when key or value cannot be written */
  write(record: SinkRecord): Action {
    const { operation, documentOf } = this.#options;
    const id = this.#idOf(record);
    const document = documentOf(record);
    if (operation === "update") return this.#update(record, id, document);
    const version = this.#versioning?.versionOf(record);
    const meta = this.#metaOf(record, id) + this.#pipeline;
    const lines = `{"${operation}":${meta}${this.#versionText(version)}}}\n${document}\n`;
    return { index: this.#options.index, id, version, onConflict: this.#onConflict, lines };
  }

  /** @throws {DataError} when the key cannot be an id */
  delete(record: SinkRecord): Action {
    const id = keyId(record.keySchema, record.key);
    const version = this.#versioning?.versionOf(record);
    const lines = `{"delete":${this.#metaOf(record, id)}${this.#versionText(version)}}}\n`;
    return { index: this.#options.index, id, version, onConflict: this.#onConflict, lines };
  }

  #idOf(record: SinkRecord): string | undefined {
    switch (this.#options.ids) {
      case "key":
        return keyId(record.keySchema, record.key);
      case "place":
        return recordId(record);
      case "generated":
        return undefined;
    }
  }

  #update(record: SinkRecord, id: string | undefined, document: string): Action {
    // Anything else makes Elasticsearch refuse the whole bulk request.
    if (!document.startsWith("{")) {
      throw new DataError(
        "write.method=upsert needs values that are structs, maps or JSON objects",
      );
    }
    const target = `${this.#metaOf(record, id)},"retry_on_conflict":${this.#options.retryOnConflict}}`;
    return {
      index: this.#options.index,
      id,
      version: undefined,
      onConflict: "retry",
      lines: `{"update":${target}}\n{"doc":${document},"doc_as_upsert":true}\n`,
    };
  }

  #versionText(version: Version | undefined): string {
    if (version === undefined) return "";
    return `,"version":${version},"version_type":"${this.#versioning?.type}"`;
  }

  #metaOf(record: SinkRecord, id: string | undefined): string {
    const { routingOf } = this.#options;
    let meta = this.#meta;
    if (id !== undefined) meta += `,"_id":${JSON.stringify(id)}`;
    if (routingOf !== undefined) meta += `,"routing":${JSON.stringify(routingOf(record))}`;
    return meta;
  }
}

/**
 * The record's place in Kafka. It is the one before any transform: two topics that a
 * transform renames to one would otherwise overwrite each other's documents (Java takes
 * the names after it).
 */
function recordId(record: SinkRecord): string {
  return `${record.originalTopic}+${record.originalKafkaPartition}+${record.originalKafkaOffset}`;
}
