import { open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { StreamCounts } from "../count/stream-counts.ts";

/** Counts the records in a file that grows, reading each byte once. */
export class FileCounts {
  readonly counts = new StreamCounts();
  readonly #path: string;
  readonly #decoder = new StringDecoder("utf8");
  #position = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Reads what has been written since the last time; a file that is not there yet is empty. */
  async readOn(): Promise<void> {
    const file = await open(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (file === undefined) return;
    try {
      const stream = file.createReadStream({ start: this.#position, autoClose: false });
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        this.#position += chunk.length;
        this.counts.addText(this.#decoder.write(chunk));
      }
    } finally {
      await file.close();
    }
  }
}
