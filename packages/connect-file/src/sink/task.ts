import { parseConfig, type Props, type SinkRecord, SinkTask } from "@millrace/connect-api";
import { CONFIG } from "./config.ts";
import { FileWriter } from "./file-writer.ts";
import { type Formatter, FORMATTERS } from "./format.ts";
import { LineBuffer } from "./line-buffer.ts";
import type { LineWriter } from "./line-writer.ts";
import { StdoutWriter } from "./stdout-writer.ts";

/** A batch of large records is written in parts of about this size. */
const WRITE_BYTES = 4 * 1024 * 1024;

/** Appends records to one file (Java: `FileStreamSinkTask`). */
export class FileStreamSinkTask extends SinkTask {
  readonly #buffer = new LineBuffer();
  #format: Formatter = FORMATTERS.text;
  #writer: LineWriter | null = null;

  async start(props: Props): Promise<void> {
    const { file, format } = parseConfig(CONFIG, props);
    this.#format = FORMATTERS[format];
    this.#writer = file ? await FileWriter.open(file, this.context.logger) : new StdoutWriter();
  }

  async put(records: readonly SinkRecord[]): Promise<void> {
    for (const { valueSchema, value } of records) {
      this.#buffer.append(this.#format(valueSchema, value));
      if (this.#buffer.length >= WRITE_BYTES) await this.#write();
    }
    if (this.#buffer.length > 0) await this.#write();
  }

  override async flush(): Promise<void> {
    await this.#writer?.sync();
  }

  async stop(): Promise<void> {
    const writer = this.#writer;
    this.#writer = null;
    await writer?.[Symbol.asyncDispose]();
  }

  /** Empties the buffer also when writing fails: the worker gives the records again. */
  async #write(): Promise<void> {
    try {
      await this.#writer?.write(this.#buffer.bytes());
    } finally {
      this.#buffer.clear();
    }
  }
}
