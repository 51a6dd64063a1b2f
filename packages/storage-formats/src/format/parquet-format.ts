import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { DataError, isStruct, javaClassName, type Schema } from "@millrace/connect-api";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { ByteSink } from "../byte-sink.ts";
import { type Chunk, type Compression, writeChunk } from "./parquet/chunk.ts";
import { type ParquetRow, parquetRow } from "./parquet/parquet-schema.ts";
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

/** Each gives bytes of its own. */
const COMPRESSORS = {
  UNCOMPRESSED: (bytes: Uint8Array) => Buffer.from(bytes),
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
    return new ParquetFile(parquetRow(schema), sink, this.#codec, this.#rowGroupBytes);
  }
}

class ParquetFile implements FormatFile {
  readonly #row: ParquetRow;
  readonly #out: SinkWriter;
  readonly #writer: ParquetWriter;
  readonly #compression: Compression;
  readonly #rowGroupBytes: number;
  /** Of the row group. */
  #rows = 0;

  constructor(
    row: ParquetRow,
    sink: ByteSink,
    codec: (typeof CODECS)[ParquetCodec]["codec"],
    rowGroupBytes: number,
  ) {
    this.#row = row;
    this.#rowGroupBytes = rowGroupBytes;
    this.#compression = { codec, compress: COMPRESSORS[codec] };
    this.#out = new SinkWriter(sink);
    // It is given row groups that are written already, and writes what is around them.
    this.#writer = new ParquetWriter({
      writer: this.#out,
      schema: [{ name: "schema", num_children: row.count }, ...row.elements],
      codec,
      compressors: { [codec]: COMPRESSORS[codec] },
      createdBy: "Millrace",
    });
  }

  get held(): number {
    let bytes = 0;
    if (this.#rows > 0) for (const column of this.#row.columns) bytes += column.capacity;
    return bytes;
  }

  write({ value }: FormatRecord): void {
    if (!isStruct(value)) {
      throw new DataError(
        `Parquet files take structs, not values of class ${javaClassName(value)}`,
      );
    }
    const { columns } = this.#row;
    let bytes = 0;
    for (const column of columns) {
      column.beginRow(this.#rows);
      bytes += column.length;
    }
    // Before the row, since only now it is known how much the last one took.
    if (bytes >= this.#rowGroupBytes) {
      this.flush();
      for (const column of columns) column.beginRow(0);
    }
    try {
      this.#row.write(value.values);
    } catch (error) {
      // No column may have more rows than the others.
      for (const column of columns) column.takeBack();
      throw error;
    }
    this.#rows++;
  }

  /** Closes the row group. */
  flush(): void {
    if (this.#rows === 0) return;
    const start = this.#out.offset;
    const columns: Chunk[] = [];
    let uncompressed = 0n;
    for (const column of this.#row.columns) {
      const indexes = writeChunk(column, this.#rows, this.#out, this.#compression);
      this.#writer.pendingIndexes.push(indexes);
      columns.push(indexes.chunk);
      uncompressed += indexes.chunk.meta_data!.total_uncompressed_size;
    }
    const rows = BigInt(this.#rows);
    this.#writer.num_rows += rows;
    this.#writer.row_groups.push({
      columns,
      total_byte_size: uncompressed,
      num_rows: rows,
      total_compressed_size: BigInt(this.#out.offset - start),
    });
    this.#out.flush();
    this.#rows = 0;
  }

  finish(): void {
    this.flush();
    void this.#writer.finish();
  }
}

/** What is copied together before it is passed on. */
const SMALL_BYTES = 4096;

/** Passes pages on as they are, and what stands between them together. */
class SinkWriter extends ByteWriter {
  readonly #sink: ByteSink;

  constructor(sink: ByteSink) {
    super();
    this.#sink = sink;
  }

  /** @param bytes are kept when they are many: they are not to be changed */
  override appendBytes(bytes: Uint8Array): void {
    if (bytes.length < SMALL_BYTES) return super.appendBytes(bytes);
    this.flush();
    this.#sink.write(bytes);
    this.offset += bytes.length;
  }

  flush(): void {
    if (this.index === 0) return;
    this.#sink.write(Buffer.from(this.getBytes()));
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }
}
