import { createGzip, createZstdCompress } from "node:zlib";
import { ConfigError } from "@millrace/connect-api";
import type { ByteSink } from "../byte-sink.ts";

export type CompressionType = "none" | "gzip" | "zstd";

/** Compresses on its way: zlib works beside the event loop. */
export interface CompressingSink extends ByteSink {
  /** Bytes that were written and have not come out yet. */
  readonly held: number;
  /** Ends the stream; all has come out then. */
  end(): Promise<void>;
}

/** What is added to a file's name. */
export const COMPRESSION_EXTENSION: Readonly<Record<CompressionType, string>> = {
  none: "",
  gzip: ".gz",
  zstd: ".zst",
};

/** Compresses into another sink; undefined for none. */
export function compressInto(
  target: ByteSink,
  type: CompressionType,
  level: number,
): CompressingSink | undefined {
  if (type === "none") return undefined;
  return new ZlibSink(target, type === "gzip" ? gzip(level) : createZstdCompress());
}

function gzip(level: number) {
  if (level < -1 || level > 9) {
    throw new ConfigError("s3.compression.level", level, "Value must be from -1 to 9");
  }
  return createGzip({ level });
}

class ZlibSink implements CompressingSink {
  readonly #stream: ReturnType<typeof createGzip> | ReturnType<typeof createZstdCompress>;
  #failure: Error | undefined;
  #written = 0;
  #done = 0;

  constructor(target: ByteSink, stream: ZlibSink["stream"]) {
    this.#stream = stream;
    stream.on("data", (bytes: Buffer) => target.write(bytes));
    stream.on("error", (error) => (this.#failure = error));
  }

  /** For the constructor's type alone. */
  declare readonly stream: ReturnType<typeof createGzip> | ReturnType<typeof createZstdCompress>;

  get held(): number {
    return this.#written - this.#done;
  }

  write(bytes: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#written += bytes.length;
    this.#stream.write(bytes, () => (this.#done += bytes.length));
  }

  async end(): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      this.#stream.once("end", resolve);
      this.#stream.once("error", reject);
    });
    this.#stream.end();
    await ended;
  }
}
