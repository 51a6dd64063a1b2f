import { DataError, type Logger, type SinkRecord } from "@millrace/connect-api";
import { withRetries } from "../bulk/retry.ts";
import type { ElasticsearchClient } from "../client/client.ts";
import { RequestError } from "../client/request-error.ts";
import type { Config } from "../config/config.ts";
import { type ActionOptions, ActionWriter, type IdSource } from "../document/action-writer.ts";
import { DocumentWriter } from "../document/document-writer.ts";
import { type Mapping, mappingOf } from "../document/mapping.ts";
import { TimestampedDocuments } from "../document/timestamped.ts";
import { type Versioning, versioningOf } from "../document/version.ts";
import { type Naming, namingOf, writesDataStreams } from "./naming.ts";
import { Template } from "./template.ts";

/** Elasticsearch gives up an update that lost against others this often. */
const MAX_RETRY_ON_CONFLICT = 5;

/** An index, data stream or alias as one topic writes to it. */
export interface Target {
  readonly index: string;
  /** Whether records say which document is to be deleted, and it can be. */
  readonly deletable: boolean;
  readonly actions: ActionWriter;
  /** True while the index waits for the first record with a value to make its mapping of. */
  needsMapping: boolean;
}

/** Where this task's records go, each made ready once: created, and given a mapping. */
export class Targets {
  readonly #client: ElasticsearchClient;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #nameOf: Naming;
  readonly #documentOf: ActionOptions["documentOf"];
  readonly #versioning: Versioning | undefined;
  readonly #routingOf: ActionOptions["routingOf"];
  /** By topic, then by name. */
  readonly #targets = new Map<string, Map<string, Target>>();

  constructor(client: ElasticsearchClient, config: Config, logger: Logger) {
    this.#client = client;
    this.#config = config;
    this.#logger = logger;
    this.#nameOf = namingOf(config);
    this.#documentOf = documentsOf(config);
    this.#versioning = versioningOf(config);
    const routing = config["routing"] === null ? undefined : new Template(config["routing"]);
    this.#routingOf = routing && ((record) => routing.expand(record));
  }

  /**
   * Makes ready what these records go to. Nearly always it is, and then nothing is awaited.
   * @param records what is to be written, or why something is not
   * @returns for each its target, or why it has none
   * @throws {RequestError} when Elasticsearch does not do it
   * @throws {DataError} when no mapping can be made
   */
  async prepare(
    records: readonly (SinkRecord | DataError)[],
    signal: AbortSignal,
  ): Promise<readonly (Target | DataError)[]> {
    const targets: (Target | DataError)[] = [];
    for (const record of records) {
      const name = record instanceof DataError ? record : this.#name(record);
      if (record instanceof DataError || name instanceof DataError) {
        targets.push(name as DataError); // the record itself where that is one
        continue;
      }
      let target = this.#targets.get(record.topic)?.get(name);
      target ??= await this.#open(record.topic, name, signal);
      if (target.needsMapping && record.value !== null) {
        await this.#ensureMapping(name, record, signal);
        target.needsMapping = false;
      }
      targets.push(target);
    }
    return targets;
  }

  #name(record: SinkRecord): string | DataError {
    try {
      return this.#nameOf(record);
    } catch (error) {
      if (error instanceof DataError) return error;
      throw error;
    }
  }

  async #open(topic: string, index: string, signal: AbortSignal): Promise<Target> {
    const config = this.#config;
    await this.#retry(signal, () => this.#ensureExists(index, signal));
    const ids = idSource(config, topic);
    const options: ActionOptions = {
      index,
      ids,
      operation: operationOf(config),
      retryOnConflict: Math.min(config["max.in.flight.requests"], MAX_RETRY_ON_CONFLICT),
      versioning: this.#versioning,
      pipeline: config["pipeline"],
      routingOf: this.#routingOf,
      documentOf: this.#documentOf,
    };
    const ignoreSchema = config["schema.ignore"] || config["topic.schema.ignore"].includes(topic);
    const target = {
      index,
      deletable: ids === "key" && !writesDataStreams(config),
      actions: new ActionWriter(options),
      needsMapping: !ignoreSchema,
    };
    const ofTopic = this.#targets.get(topic) ?? new Map<string, Target>();
    this.#targets.set(topic, ofTopic.set(index, target));
    return target;
  }

  async #ensureExists(name: string, signal: AbortSignal): Promise<void> {
    if (await this.#client.exists(name, signal)) return;
    if (this.#config["external.resource.usage"] !== "disabled") {
      throw new RequestError(
        `There is no ${name}, which topic.to.external.resource.mapping names: create it and restart the task`,
        { transient: false },
      );
    }
    if (writesDataStreams(this.#config)) {
      await this.#client.createDataStream(name, signal);
      this.#logger.info(`Created data stream ${name}`);
    } else {
      await this.#client.createIndex(name, signal);
      this.#logger.info(`Created index ${name}`);
    }
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

function documentsOf(config: Config): ActionOptions["documentOf"] {
  const documents = new DocumentWriter(config["compact.map.entries"]);
  if (!writesDataStreams(config)) {
    return ({ valueSchema, value }) => documents.write(valueSchema, value);
  }
  const timestamped = new TimestampedDocuments(documents, config["data.stream.timestamp.field"]);
  return (record) => timestamped.write(record);
}

function operationOf(config: Config): ActionOptions["operation"] {
  if (writesDataStreams(config)) return "create";
  return config["write.method"] === "upsert" ? "update" : "index";
}

function idSource(config: Config, topic: string): IdSource {
  if (config["use.autogenerated.ids"]) return "generated";
  return config["key.ignore"] || config["topic.key.ignore"].includes(topic) ? "place" : "key";
}

function mappingFor(record: SinkRecord): Mapping {
  if (record.valueSchema !== null) return mappingOf(record.valueSchema);
  throw new DataError(
    `Cannot infer mapping without schema: the values of topic ${record.topic} have none. Set schema.ignore=true to leave the mapping to Elasticsearch, or use a converter that gives schemas`,
  );
}
