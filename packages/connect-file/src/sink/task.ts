import {
  parseConfig,
  type Props,
  type SinkRecord,
  SinkTask,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { CONFIG } from "./config.ts";
import { FileWriter } from "./file-writer.ts";
import { type Formatter, FORMATTERS } from "./format.ts";
import type { LineWriter } from "./line-writer.ts";
import { StdoutWriter } from "./stdout-writer.ts";
import { WriteBehind } from "./write-behind.ts";

/** Appends records to one file (Java: `FileStreamSinkTask`). */
export class FileStreamSinkTask extends SinkTask {
  #format: Formatter = FORMATTERS.text;
  #writer: LineWriter | null = null;
  #lines: WriteBehind | null = null;

  async start(props: Props): Promise<void> {
    const { file, format } = parseConfig(CONFIG, props);
    this.#format = FORMATTERS[format];
    this.#writer = file ? await FileWriter.open(file, this.context.logger) : new StdoutWriter();
    this.#lines = new WriteBehind(this.#writer);
  }

  /**
   * Takes the records; their lines are written while the next are read. Fails only before it takes
   * any: they can be given again without becoming two lines.
   */
  async put(records: readonly SinkRecord[]): Promise<void> {
    const lines = this.#lines!;
    await lines.retryFailed();
    for (const { valueSchema, value } of records) {
      lines.append(this.#format(valueSchema, value));
      if (lines.isFull) await lines.handOver();
    }
  }

  /**
   * While lines cannot be written nothing is committed: they are still held here, so there is no
   * reason to read them again. What `put` says when it is called next tells why.
   */
  override async preCommit(offsets: TopicPartitionMap<number>): Promise<TopicPartitionMap<number>> {
    if (!(await this.#lines!.drain())) return new TopicPartitionMap();
    await this.#writer!.sync();
    return offsets;
  }

  async stop(): Promise<void> {
    const lines = this.#lines;
    this.#lines = this.#writer = null;
    await lines?.[Symbol.asyncDispose]();
  }
}
