import {
  parseConfig,
  type Props,
  type SinkRecord,
  SinkTask,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import { type Formatter, FORMATTERS } from "../sink/format.ts";
import { CONFIG, type Config } from "./config.ts";
import { fixedFolder, FolderTemplate } from "./folder-template.ts";
import { PartitionWriter } from "./partition-writer.ts";
import type { UnfinishedFile } from "./unfinished-file.ts";

/** Writes records into files that appear when they are complete, each record once. */
export class FileSinkTask extends SinkTask {
  #config: Config | null = null;
  #connector = "";
  #root = "";
  #template: FolderTemplate | null = null;
  #format: Formatter = FORMATTERS.json;
  readonly #writers = new TopicPartitionMap<PartitionWriter>();

  start(props: Props): void {
    const config = parseConfig(CONFIG, props);
    this.#config = config;
    this.#connector = props["name"] ?? "";
    this.#root = fixedFolder(config.folder);
    this.#template = new FolderTemplate(config.folder);
    this.#format = FORMATTERS[config.format];
  }

  override async open(partitions: readonly TopicPartition[]): Promise<void> {
    const { logger } = this.context;
    for (const partition of partitions) {
      const options = { partition, root: this.#root, connector: this.#connector, logger };
      this.#writers.set(
        partition,
        await PartitionWriter.open({ ...options, config: this.#config! }),
      );
    }
  }

  /** Given again after an error, records that it took already are passed over. */
  async put(records: readonly SinkRecord[]): Promise<void> {
    for (const writer of this.#writers.values()) await writer.completeDue(performance.now());
    const { "rotate.bytes": maxBytes, "rotate.records": maxRecords } = this.#config!;
    const template = this.#template!;
    const format = this.#format;
    let writer: PartitionWriter | undefined;
    let topic = "";
    let partition = -1;
    for (const record of records) {
      if (record.originalKafkaPartition !== partition || record.originalTopic !== topic) {
        topic = record.originalTopic;
        partition = record.originalKafkaPartition;
        writer = this.#writers.get({ topic, partition });
      }
      const offset = record.originalKafkaOffset;
      if (writer === undefined || writer.hasTaken(offset)) continue;
      const folder = template.folderOf(record.topic, partition, record.timestamp);
      let file = writer.fileOf(folder);
      if (file === undefined) {
        if (!(await writer.isWritten(folder, offset)))
          file = await this.#begin(writer, folder, offset);
      } else if (file.isFull) {
        await file.write();
      }
      file?.append(format(record.valueSchema, record.value), offset);
      writer.took(offset);
      if (file !== undefined && (file.bytes >= maxBytes || file.records >= maxRecords)) {
        await writer.complete(file);
      }
    }
  }

  /** What is in complete files may be committed. */
  override async preCommit(offsets: TopicPartitionMap<number>): Promise<TopicPartitionMap<number>> {
    const committable = new TopicPartitionMap<number>();
    for (const [partition, put] of offsets) {
      const writer = this.#writers.get(partition);
      if (writer === undefined) continue;
      await writer.completeDue(performance.now());
      committable.set(partition, writer.committable(put));
    }
    return committable;
  }

  /** Files are completed as they are: whoever gets the partitions sees by their names what is written. */
  override async close(partitions: readonly TopicPartition[]): Promise<void> {
    for (const partition of partitions) {
      const writer = this.#writers.get(partition);
      if (writer === undefined) continue;
      this.#writers.delete(partition);
      await using _ = writer;
      await writer.completeAll();
    }
  }

  /** What is still open after a failure is left: it is read again. */
  async stop(): Promise<void> {
    for (const writer of this.#writers.values()) await writer[Symbol.asyncDispose]();
    this.#writers.clear();
  }

  async #begin(writer: PartitionWriter, folder: string, offset: number): Promise<UnfinishedFile> {
    await this.#makeRoom();
    return writer.begin(folder, offset);
  }

  async #makeRoom(): Promise<void> {
    let files = 0;
    let oldest: PartitionWriter | undefined;
    for (const writer of this.#writers.values()) {
      files += writer.openFiles;
      if (writer.oldestBegunAt < (oldest?.oldestBegunAt ?? Number.POSITIVE_INFINITY)) {
        oldest = writer;
      }
    }
    if (files >= this.#config!["max.open.files"]) await oldest?.completeOldest();
  }
}
