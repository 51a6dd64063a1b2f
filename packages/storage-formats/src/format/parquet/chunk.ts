import type { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { ByteWriter as Bytes } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";
import { bitsFor, type ColumnContent, type PageContent, type ParquetColumn } from "./column.ts";

export type Chunk = ParquetWriter["row_groups"][number]["columns"][number];
type PageIndexes = ParquetWriter["pendingIndexes"][number];
type Encoding = NonNullable<Chunk["meta_data"]>["encodings"][number];

export interface Compression {
  readonly codec: NonNullable<Chunk["meta_data"]>["codec"];
  /** @returns bytes of its own, not a view of what it was given */
  readonly compress: (bytes: Buffer) => Uint8Array;
}

/** Writes a column's part of a row group of so many rows, and empties the column. */
export function writeChunk(
  column: ParquetColumn,
  rows: number,
  out: ByteWriter,
  compression: Compression,
): PageIndexes {
  return column.take(rows, (content) => new ChunkWriter(column, content, out, compression).write());
}

class ChunkWriter {
  readonly #column: ParquetColumn;
  readonly #content: ColumnContent;
  readonly #out: ByteWriter;
  readonly #compression: Compression;
  #uncompressed = 0;

  constructor(
    column: ParquetColumn,
    content: ColumnContent,
    out: ByteWriter,
    compression: Compression,
  ) {
    this.#column = column;
    this.#content = content;
    this.#out = out;
    this.#compression = compression;
  }

  write(): PageIndexes {
    const { element, path } = this.#column;
    const { dictionary, pages, slots, nulls, bounds } = this.#content;
    const start = this.#out.offset;
    if (dictionary !== undefined) this.#dictionaryPage(dictionary.values, dictionary.entries);
    const dataStart = this.#out.offset;
    const encoding: Encoding = dictionary ? "RLE_DICTIONARY" : this.#encoding();
    const page_locations = pages.map((page) => this.#dataPage(page, encoding));
    const counted = dictionary && { page_type: "DICTIONARY_PAGE", encoding: "PLAIN", count: 1 };
    const chunk = {
      file_offset: BigInt(start),
      meta_data: {
        type: element.type!,
        encodings: dictionary ? ["PLAIN", encoding] : [encoding],
        path_in_schema: [...path],
        codec: this.#compression.codec,
        num_values: BigInt(slots),
        total_compressed_size: BigInt(this.#out.offset - start),
        total_uncompressed_size: BigInt(this.#uncompressed),
        data_page_offset: BigInt(dataStart),
        ...(dictionary && { dictionary_page_offset: BigInt(start) }),
        statistics: { ...bounds, null_count: BigInt(nulls) },
        encoding_stats: [
          ...(counted ? [counted] : []),
          { page_type: "DATA_PAGE_V2", encoding, count: pages.length },
        ],
      },
    } as Chunk;
    return { chunk, offsetIndex: { page_locations } };
  }

  #encoding(): Encoding {
    return this.#column.element.type === "BOOLEAN" ? "RLE" : "PLAIN";
  }

  #dictionaryPage(values: Buffer, entries: number): void {
    const before = this.#out.offset;
    const compressed = this.#compression.compress(values);
    writePageHeader(this.#out, {
      type: "DICTIONARY_PAGE",
      uncompressed_page_size: values.length,
      compressed_page_size: compressed.length,
      dictionary_page_header: { num_values: entries, encoding: "PLAIN" },
    });
    this.#uncompressed += this.#out.offset - before + values.length;
    this.#out.appendBytes(compressed);
  }

  #dataPage(page: PageContent, encoding: Encoding) {
    const before = this.#out.offset;
    const { maxRepetition, maxDefinition } = this.#column;
    const levels = new Bytes();
    const repetitionBytes = writeLevels(levels, page.repetitionLevels, maxRepetition);
    const definitionBytes = writeLevels(levels, page.definitionLevels, maxDefinition);
    const values = this.#valuesOf(page, encoding);
    const compressed = this.#compression.compress(values);
    writePageHeader(this.#out, {
      type: "DATA_PAGE_V2",
      uncompressed_page_size: levels.offset + values.length,
      compressed_page_size: levels.offset + compressed.length,
      data_page_header_v2: {
        num_values: page.slots,
        num_nulls: page.nulls,
        num_rows: page.rows,
        encoding,
        repetition_levels_byte_length: repetitionBytes,
        definition_levels_byte_length: definitionBytes,
        is_compressed: true,
      },
    });
    this.#uncompressed += this.#out.offset - before + levels.offset + values.length;
    this.#out.appendBytes(levels.getBytes());
    this.#out.appendBytes(compressed);
    return {
      offset: BigInt(before),
      compressed_page_size: this.#out.offset - before,
      first_row_index: BigInt(page.firstRow),
    };
  }

  #valuesOf({ values }: PageContent, encoding: Encoding): Buffer {
    const { dictionary } = this.#content;
    if (dictionary !== undefined) {
      const bytes = new Bytes();
      bytes.appendUint8(dictionary.bitWidth);
      writeRleBitPackedHybrid(bytes, dictionary.indexes, dictionary.bitWidth);
      return bufferOf(bytes);
    }
    if (encoding !== "RLE") return values;
    const bits = new Bytes();
    writeRleBitPackedHybrid(bits, values, 1);
    const bytes = new Bytes();
    bytes.appendUint32(bits.offset);
    bytes.appendBytes(bits.getBytes());
    return bufferOf(bytes);
  }
}

/** @returns how many bytes */
function writeLevels(out: ByteWriter, levels: Uint8Array, most: number): number {
  return most === 0 ? 0 : writeRleBitPackedHybrid(out, levels, bitsFor(most));
}

function bufferOf(bytes: ByteWriter): Buffer {
  const { buffer, byteOffset, length } = bytes.getBytes();
  return Buffer.from(buffer, byteOffset, length);
}
