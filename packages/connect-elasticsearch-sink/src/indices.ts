import { DataError, type Logger, type SinkRecord } from "@millrace/connect-api";
import { ActionWriter } from "./document/action-writer.ts";
import type { ElasticsearchClient } from "./client/client.ts";
import type { Config } from "./config.ts";
import { DocumentWriter } from "./document/document-writer.ts";
import { indexName } from "./index-name.ts";
import { type Mapping, mappingOf } from "./document/mapping.ts";
import { RequestError } from "./client/request-error.ts";
import { withRetries } from "./bulk/retry.ts";

/** Elasticsearch gives up an update that lost against others this often. */
const MAX_RETRY_ON_CONFLICT = 5;

/** Where one topic's documents go. */
export interface Target {
  readonly index: string;
  readonly ignoreKey: boolean;
  readonly actions: ActionWriter;
  /** True while the index waits for the first record with a value to make its mapping of. */
  needsMapping: boolean;
}

/** The indices of this task's topics, each made ready once: created, and given a mapping. */
export class Indices {
  readonly #client: ElasticsearchClient;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #documents: DocumentWriter;
  readonly #targets = new Map<string, Target>();

  constructor(client: ElasticsearchClient, config: Config, logger: Logger) {
    this.#client = client;
    this.#config = config;
    this.#logger = logger;
    this.#documents = new DocumentWriter(config["compact.map.entries"]);
  }

  /** @throws {Error} for a topic that `prepare` has not seen */
  target(topic: string): Target {
    const target = this.#targets.get(topic);
    if (target === undefined) throw new Error(`Topic ${topic} was not prepared`);
    return target;
  }

  /**
   * Makes the indices ready that these records go to. Nearly always they are, and then
   * nothing is awaited.
   * @throws {RequestError} when Elasticsearch does not do it
   * @throws {DataError} when no index name or mapping can be made
   */
  async prepare(records: readonly SinkRecord[], signal: AbortSignal): Promise<void> {
    for (const record of records) {
      let target = this.#targets.get(record.topic);
      if (target === undefined) {
        target = await this.#open(record.topic, signal);
        this.#targets.set(record.topic, target);
      }
      if (target.needsMapping && record.value !== null) {
        await this.#ensureMapping(target.index, record, signal);
        target.needsMapping = false;
      }
    }
  }

  async #open(topic: string, signal: AbortSignal): Promise<Target> {
    const config = this.#config;
    const index = indexName(topic);
    await this.#retry(signal, async () => {
      if (await this.#client.indexExists(index, signal)) return;
      await this.#client.createIndex(index, signal);
      this.#logger.info(`Created index ${index}`);
    });
    const ignoreKey = config["key.ignore"] || config["topic.key.ignore"].includes(topic);
    const ignoreSchema = config["schema.ignore"] || config["topic.schema.ignore"].includes(topic);
    const options = {
      index,
      ignoreKey,
      writeMethod: config["write.method"],
      retryOnConflict: Math.min(config["max.in.flight.requests"], MAX_RETRY_ON_CONFLICT),
    };
    return {
      index,
      ignoreKey,
      actions: new ActionWriter(options, this.#documents),
      needsMapping: !ignoreSchema,
    };
  }

  /** A mapping that is there is never changed (Java: `ElasticsearchSinkTask.checkMapping`). */
  async #ensureMapping(index: string, record: SinkRecord, signal: AbortSignal): Promise<void> {
    await this.#retry(signal, async () => {
      if (await this.#client.hasMapping(index, signal)) return;
      await this.#createMapping(index, mappingFor(record), signal);
    });
  }

  async #createMapping(index: string, mapping: Mapping, signal: AbortSignal): Promise<void> {
    try {
      await this.#client.putMapping(index, mapping, signal);
      this.#logger.info(`Created the mapping of index ${index} from the schema of its records`);
    } catch (error) {
      // Another task may have made another one since we looked: it counts, as if it had been there.
      const lostRace =
        error instanceof RequestError &&
        !error.transient &&
        (await this.#client.hasMapping(index, signal));
      if (!lostRace) throw error;
    }
  }

  #retry(signal: AbortSignal, request: () => Promise<void>): Promise<void> {
    return withRetries(this.#config, signal, request);
  }
}

function mappingFor(record: SinkRecord): Mapping {
  if (record.valueSchema !== null) return mappingOf(record.valueSchema);
  throw new DataError(
    `Cannot infer mapping without schema: the values of topic ${record.topic} have none. Set schema.ignore=true to leave the mapping to Elasticsearch, or use a converter that gives schemas`,
  );
}
