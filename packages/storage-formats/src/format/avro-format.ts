import { createHash } from "node:crypto";
import { crc32, deflateRawSync, zstdCompressSync } from "node:zlib";
import {
  type AvroDataConfig,
  type AvroWriter,
  avroSchemaText,
  ByteWriter,
  compileWriter,
  fromConnectSchema,
} from "@millrace/avro-data";
import type { Schema } from "@millrace/connect-api";
import type { ByteSink } from "../byte-sink.ts";
import { snappy } from "./snappy.ts";
import type { FormatFile, FormatRecord, RecordFormat } from "./record-format.ts";

export const AVRO_CODECS = ["null", "deflate", "snappy", "zstandard"] as const;
export type AvroCodec = (typeof AVRO_CODECS)[number];

/** Bytes of records from which on a block is closed, as in Avro's Java library. */
const BLOCK_BYTES = 64_000;

/** Avro's container files (Java: `AvroFormat`). */
export class AvroFileFormat implements RecordFormat {
  readonly extension = ".avro";
  readonly contentType = "application/avro";
  readonly contentEncoding = undefined;
  readonly #codec: AvroCodec;
  readonly #config: AvroDataConfig;

  constructor(codec: AvroCodec, config: AvroDataConfig) {
    this.#codec = codec;
    this.#config = config;
  }

  open(schema: Schema | null, sink: ByteSink): FormatFile {
    const avro = fromConnectSchema(schema, this.#config);
    const write = compileWriter(schema, avro, this.#config);
    return new AvroFile(sink, avroSchemaText(avro), write, this.#codec);
  }
}

class AvroFile implements FormatFile {
  readonly #sink: ByteSink;
  readonly #write: AvroWriter;
  readonly #codec: AvroCodec;
  /** Ends each block. Made of the schema: the same records give the same file. */
  readonly #sync: Buffer;
  readonly #out = new ByteWriter();
  #records = 0;

  constructor(sink: ByteSink, schemaText: string, write: AvroWriter, codec: AvroCodec) {
    this.#sink = sink;
    this.#write = write;
    this.#codec = codec;
    this.#sync = createHash("md5").update(schemaText).digest();
    sink.write(header(schemaText, codec, this.#sync));
    this.#out.begin();
  }

  get held(): number {
    return this.#out.length;
  }

  write({ value }: FormatRecord): void {
    const before = this.#out.length;
    try {
      this.#write(value, this.#out);
    } catch (error) {
      this.#out.truncate(before);
      throw error;
    }
    this.#records++;
    if (this.#out.length >= BLOCK_BYTES) this.flush();
  }

  flush(): void {
    if (this.#records === 0) return;
    const data = compress(this.#out.take(), this.#codec);
    const head = new ByteWriter(16);
    head.int(this.#records);
    head.int(data.length);
    for (const part of [head.take(), data, this.#sync]) this.#sink.write(part);
    this.#records = 0;
    this.#out.begin();
  }

  finish(): void {
    this.flush();
  }
}

function header(schemaText: string, codec: AvroCodec, sync: Buffer): Buffer {
  const out = new ByteWriter(schemaText.length + 100);
  out.raw(Buffer.from("Obj\u0001", "latin1"));
  out.int(2);
  out.text("avro.schema", true);
  out.text(schemaText, true);
  out.text("avro.codec", true);
  out.text(codec, true);
  out.int(0);
  out.raw(sync);
  return out.take();
}

function compress(data: Buffer, codec: AvroCodec): Buffer {
  switch (codec) {
    case "null":
      return data;
    case "deflate":
      return deflateRawSync(data);
    case "snappy": {
      const checksum = Buffer.alloc(4);
      checksum.writeUInt32BE(crc32(data));
      return Buffer.concat([snappy(data), checksum]);
    }
    case "zstandard":
      return zstdCompressSync(data);
  }
}
