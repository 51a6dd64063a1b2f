import { BufferedSink, type ByteSink } from "../byte-sink.ts";
import { type CompressingSink, type CompressionType, compressInto } from "./compression.ts";
import type { FormatFile, FormatRecord } from "./record-format.ts";

const CHUNK_BYTES = 65_536;
/** Where texts are encoded into: handed on when it is full. */
const SLACK = 4;

/** A file of records one after the other, such as lines of text. */
export class LineFile implements FormatFile {
  readonly #encode: (record: FormatRecord) => string | Uint8Array;
  readonly #separator: string | Uint8Array;
  readonly #compressing: CompressingSink | undefined;
  readonly #sink: BufferedSink;
  #chunk: Buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #at = 0;

  /** @param encode makes a record's bytes, or the text that stands for its UTF-8 */
  constructor(
    sink: ByteSink,
    encode: (record: FormatRecord) => string | Uint8Array,
    separator: string | Uint8Array,
    compression: CompressionType,
    level: number,
  ) {
    this.#encode = encode;
    this.#separator = separator;
    this.#compressing = compressInto(sink, compression, level);
    this.#sink = new BufferedSink(this.#compressing ?? sink, CHUNK_BYTES);
  }

  get held(): number {
    return this.#at + this.#sink.held + (this.#compressing?.held ?? 0);
  }

  write(record: FormatRecord): void {
    // First all that can fail: a file must not end with half a record.
    const content = this.#encode(record);
    this.#append(content);
    this.#append(this.#separator);
  }

  #append(content: string | Uint8Array): void {
    const most = typeof content === "string" ? 3 * content.length + SLACK : content.length;
    if (this.#at + most > this.#chunk.length) this.#next(most);
    if (typeof content === "string") {
      this.#at += this.#chunk.write(content, this.#at);
    } else {
      this.#chunk.set(content, this.#at);
      this.#at += content.length;
    }
  }

  #next(room: number): void {
    this.#handOn();
    this.#chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, room));
  }

  /** What is left of the chunk is used for what comes next: nothing is written twice. */
  #handOn(): void {
    if (this.#at === 0) return;
    this.#sink.write(this.#chunk.subarray(0, this.#at));
    this.#chunk = this.#chunk.subarray(this.#at);
    this.#at = 0;
  }

  flush(): void {
    this.#handOn();
    this.#sink.flush();
  }

  async finish(): Promise<void> {
    this.flush();
    await this.#compressing?.end();
  }
}
