import { setTimeout as sleep } from "node:timers/promises";
import { parseConfig, type Props, SourceRecord, SourceTask } from "@millrace/connect-api";
import { SOURCE_CONFIG } from "./config.ts";
import { KEY_SCHEMA, toStruct, VALUE_SCHEMA } from "./item-schema.ts";
import { type Item, ExampleClient } from "./example-client.ts";

/** Reads items in the order of their ids. The offset of each record is its id. */
export class ExampleSourceTask extends SourceTask {
  #client!: ExampleClient;
  #topic = "";
  #batchSize = 0;
  #intervalMs = 0;
  #lastId = 0;
  /** Says of which part of the other system an offset is. One object for all records. */
  #partition = {};

  async start(props: Props): Promise<void> {
    const config = parseConfig(SOURCE_CONFIG, props);
    this.#client = new ExampleClient(config);
    this.#topic = config.topic;
    this.#batchSize = config["batch.size"];
    this.#intervalMs = config["poll.interval.ms"];
    this.#partition = { url: config["example.url"] };
    // Where Kafka has everything before it. The worker stores it; nothing is stored here.
    const offset = await this.context.offsetStorageReader.offset(this.#partition);
    this.#lastId = Number(offset?.["id"] ?? 0);
  }

  async poll(signal: AbortSignal): Promise<SourceRecord[] | null> {
    try {
      const items = await this.#client.after(this.#lastId, this.#batchSize, signal);
      if (items.length === 0) await sleep(this.#intervalMs, undefined, { signal });
      this.#lastId = items.at(-1)?.id ?? this.#lastId;
      return items.map((item) => this.#toRecord(item));
    } catch (error) {
      // The task is to stop or to pause: that is no failure.
      if (signal.aborted) return null;
      throw error;
    }
  }

  stop(): void {}

  #toRecord(item: Item): SourceRecord {
    return new SourceRecord({
      topic: this.#topic,
      keySchema: KEY_SCHEMA,
      key: BigInt(item.id),
      valueSchema: VALUE_SCHEMA,
      value: toStruct(item),
      sourcePartition: this.#partition,
      sourceOffset: { id: item.id },
    });
  }
}
