import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { DataError, isStruct, javaClassName, type Schema } from "@millrace/connect-api";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { ByteSink } from "../byte-sink.ts";
import { type ParquetColumn, parquetColumns } from "./parquet-schema.ts";
import type { FormatFile, FormatRecord, RecordFormat } from "./record-format.ts";
import { snappy } from "./snappy.ts";

/** What Kafka Connect's configurations call Parquet's codecs, and what is added to names. */
const CODECS = {
  none: { codec: "UNCOMPRESSED", extension: "" },
  uncompressed: { codec: "UNCOMPRESSED", extension: "" },
  snappy: { codec: "SNAPPY", extension: ".snappy" },
  gzip: { codec: "GZIP", extension: ".gz" },
  zstd: { codec: "ZSTD", extension: ".zstd" },
  brotli: { codec: "BROTLI", extension: ".br" },
} as const;

export type ParquetCodec = keyof typeof CODECS;
export const PARQUET_CODECS = Object.keys(CODECS) as readonly ParquetCodec[];

const COMPRESSORS = {
  SNAPPY: snappy,
  GZIP: (bytes: Uint8Array) => gzipSync(bytes),
  ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes),
  BROTLI: (bytes: Uint8Array) => brotliCompressSync(bytes),
};

/** Parquet (Java: `ParquetFormat`). */
export class ParquetFormat implements RecordFormat {
  readonly extension: string;
  readonly contentType = "application/vnd.apache.parquet";
  readonly contentEncoding = undefined;
  readonly #codec: (typeof CODECS)[ParquetCodec]["codec"];
  readonly #rowGroupBytes: number;

  /** @param rowGroupBytes about how many bytes of values, uncompressed, one row group has */
  constructor(codec: ParquetCodec, rowGroupBytes: number) {
    this.#codec = CODECS[codec].codec;
    this.extension = `${CODECS[codec].extension}.parquet`;
    this.#rowGroupBytes = rowGroupBytes;
  }

  open(schema: Schema | null, sink: ByteSink): FormatFile {
    const columns = parquetColumns(schema);
    return new ParquetFile(schema!, columns, sink, this.#codec, this.#rowGroupBytes);
  }
}

class ParquetFile implements FormatFile {
  readonly #schema: Schema;
  readonly #columns: readonly ParquetColumn[];
  readonly #writer: ParquetWriter;
  readonly #rowGroupBytes: number;
  #data: unknown[][];
  #rows = 0;
  #held = 0;

  constructor(
    schema: Schema,
    columns: readonly ParquetColumn[],
    sink: ByteSink,
    codec: (typeof CODECS)[ParquetCodec]["codec"],
    rowGroupBytes: number,
  ) {
    this.#schema = schema;
    this.#columns = columns;
    this.#rowGroupBytes = rowGroupBytes;
    this.#data = columns.map(() => []);
    this.#writer = new ParquetWriter({
      writer: new SinkWriter(sink),
      schema: [
        { name: "schema", num_children: columns.length },
        ...columns.flatMap(({ elements }) => elements),
      ],
      codec,
      compressors: COMPRESSORS,
      createdBy: "Millrace",
    });
  }

  get held(): number {
    return this.#held;
  }

  write({ value }: FormatRecord): void {
    if (!isStruct(value)) {
      throw new DataError(
        `Parquet files take structs, not values of class ${javaClassName(value)}`,
      );
    }
    const { values } = value;
    let bytes = 0;
    let column = 0;
    try {
      for (; column < this.#columns.length; column++) {
        const converted = this.#columns[column]!.convert(values[column]);
        this.#data[column]!.push(converted);
        bytes += sizeOf(converted);
      }
    } catch (error) {
      // No column may have more rows than the others.
      for (let i = 0; i < column; i++) this.#data[i]!.pop();
      throw error;
    }
    this.#rows++;
    this.#held += bytes;
    if (this.#held >= this.#rowGroupBytes) this.flush();
  }

  /** Closes the row group. */
  flush(): void {
    if (this.#rows === 0) return;
    const columnData = this.#columns.map(({ name }, i) => ({ name, data: this.#data[i]! }));
    // Its sink takes the bytes at once: there is no promise to wait for.
    void this.#writer.write({ columnData, rowGroupSize: this.#rows });
    this.#data = this.#columns.map(() => []);
    this.#rows = 0;
    this.#held = 0;
  }

  finish(): void {
    this.flush();
    void this.#writer.finish();
  }

  get schema(): Schema {
    return this.#schema;
  }
}

/** Passes each row group on, without a copy. */
class SinkWriter extends ByteWriter {
  readonly #sink: ByteSink;

  constructor(sink: ByteSink) {
    super();
    this.#sink = sink;
  }

  flush(): void {
    if (this.index === 0) return;
    this.#sink.write(Buffer.from(this.buffer, 0, this.index));
    this.buffer = new ArrayBuffer(1024);
    this.view = new DataView(this.buffer);
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }
}

/** About how much a value takes. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return 4 + value.length;
  if (typeof value !== "object" || value === null) return 8;
  if (value instanceof Uint8Array) return 4 + value.length;
  let bytes = 8;
  if (Array.isArray(value)) for (const item of value) bytes += sizeOf(item);
  else for (const item of Object.values(value)) bytes += sizeOf(item);
  return bytes;
}
