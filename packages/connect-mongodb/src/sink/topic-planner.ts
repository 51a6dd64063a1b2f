import { DataError, isConnectError, type Logger, type SinkRecord } from "@millrace/connect-api";
import type { CdcHandler } from "./cdc/handler.ts";
import { cdcHandler } from "./cdc/handlers.ts";
import type { TopicConfig } from "./config.ts";
import { type Namespace, type NamespaceMapper, namespaceMapper } from "./namespace.ts";
import { type PostProcessor, postProcessors } from "./post-processor.ts";
import { RecordDocument } from "./record-document.ts";
import { type WriteModel, type WriteModelStrategy, writeModels } from "./write-model.ts";

/** What a record does, and where. */
export interface Operation {
  readonly record: SinkRecord;
  readonly namespace: Namespace;
  readonly model: WriteModel;
}

/** Plans what the records of one topic do. */
export class TopicPlanner {
  readonly config: TopicConfig;
  readonly #logger: Logger;
  readonly #namespaceOf: NamespaceMapper;
  readonly #handleEvent: CdcHandler | undefined;
  readonly #processors: readonly PostProcessor[];
  readonly #modelOf: WriteModelStrategy;

  /** @throws {ConfigError} when settings do not fit each other */
  constructor(config: TopicConfig, logger: Logger) {
    this.config = config;
    this.#logger = logger;
    this.#namespaceOf = namespaceMapper(config);
    this.#handleEvent = cdcHandler(config);
    this.#processors = postProcessors(config, logger);
    this.#modelOf = writeModels(config);
  }

  /**
   * Undefined when there is nothing to do, as for a tombstone behind a change event.
   * @throws {DataError} when nothing can be made of the record
   */
  plan(record: SinkRecord): Operation | undefined {
    const document = new RecordDocument(record);
    try {
      const namespace = this.#namespaceOf(document, record);
      const model =
        this.#handleEvent === undefined
          ? this.#ofDocument(document, record)
          : this.#handleEvent(document, this.#logger);
      return model && { record, namespace, model };
    } catch (error) {
      // What a value of an odd kind does to the driver's classes is the record's fault too.
      if (isConnectError(error)) throw error;
      throw new DataError(`Could not build the WriteModel: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  #ofDocument(document: RecordDocument, record: SinkRecord): WriteModel {
    for (const process of this.#processors) process(document, record);
    return this.#modelOf(document);
  }
}
