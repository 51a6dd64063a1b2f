import { parseConfig, type Props, type SinkRecord, SinkTask } from "@millrace/connect-api";
import { SINK_CONFIG } from "./config.ts";
import { toId, toItem } from "./item-schema.ts";
import { type Item, ExampleClient } from "./example-client.ts";

/**
 * Writes each batch before `put` returns, so all that was put may be committed (the default
 * `preCommit`). What a crash repeats is written again and changes nothing.
 */
export class ExampleSinkTask extends SinkTask {
  #client!: ExampleClient;

  start(props: Props): void {
    this.#client = new ExampleClient(parseConfig(SINK_CONFIG, props));
  }

  /** Of the records of one key only the last one counts. */
  async put(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    const last = new Map<number, Item | null>();
    for (const record of records) {
      try {
        if (record.value === null) last.set(toId(record.key), null);
        else last.set(toItem(record).id, toItem(record));
      } catch (error) {
        await this.#report(record, error as Error);
      }
    }
    const items = [...last.values()].filter((item) => item !== null);
    const removed = [...last].flatMap(([id, item]) => (item === null ? [id] : []));
    if (items.length > 0) await this.#client.put(items, signal);
    if (removed.length > 0) await this.#client.remove(removed, signal);
  }

  stop(): void {}

  /** To the dead-letter topic, where the connector has one; else the task fails. */
  async #report(record: SinkRecord, error: Error): Promise<void> {
    const reporter = this.context.errantRecordReporter;
    if (reporter === null) throw error;
    await reporter.report(record, error);
  }
}
