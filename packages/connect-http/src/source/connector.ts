import {
  type ConfigDef,
  type ConfigValue,
  ConnectError,
  groupPartitions,
  type Props,
  SourceConnector,
  type SourceOffset,
  type SourcePartition,
  type SourceTask,
  validateConfig,
} from "@millrace/connect-api";
import { addProblems } from "../problems.ts";
import { reach } from "../reach.ts";
import { MILLRACE_SOURCE } from "./config.ts";
import { CONFLUENT_SOURCE } from "./confluent-config.ts";
import { readSourceSettings, type SourceDialect, sourceSettingsOf } from "./dialect.ts";
import { fromOffset, START } from "./position.ts";
import { hasAddresses, pageRequest } from "./request.ts";
import { ConfluentHttpSourceTask, MillraceHttpSourceTask } from "./task.ts";

/** Asks a server for records by HTTP, again and again. */
abstract class HttpSourceConnector extends SourceConnector {
  abstract readonly dialect: SourceDialect;
  #props: Props = {};
  #entities: readonly string[] = [];

  config(): ConfigDef {
    return this.dialect.config;
  }

  /** @throws {ConfigError} when the configuration is not valid; no server is asked */
  start(props: Props): void {
    this.#entities = sourceSettingsOf(this.dialect, props).entities;
    this.#props = props;
  }

  abstract override taskClass(): new () => SourceTask;

  taskConfigs(maxTasks: number): Props[] {
    const groups = groupPartitions(this.#entities, Math.min(this.#entities.length, maxTasks));
    return groups.map((entities) => ({
      ...this.#props,
      [this.dialect.entitiesKey]: entities.join(","),
    }));
  }

  stop(): void {}

  /** Checks keys one by one and against each other; no server is asked. */
  override validate(props: Props): ConfigValue[] {
    const values = validateConfig(this.dialect.config, props);
    if (values.every(({ errors }) => errors.length === 0)) {
      addProblems(values, readSourceSettings(this.dialect, props).problems);
    }
    return values;
  }

  /** Asks for the first page of the first entity, where that is done by GET; else by HEAD whether the server is there. */
  override async testConnection(props: Props, signal: AbortSignal): Promise<string> {
    const settings = sourceSettingsOf(this.dialect, props);
    const { request, pagination } = settings;
    if (request.method !== "GET") return await reach(settings, request.url.origin, "HEAD", signal);
    const page = hasAddresses(settings) ? null : pagination.first;
    const [entity = ""] = settings.entities;
    const { url } = pageRequest(settings, entity, { page, since: START.since });
    return await reach(settings, url, "GET", signal);
  }

  /** @throws {ConnectError} for a partition or offset that no task of this connector would write */
  override alterOffsets(
    _props: Props,
    offsets: ReadonlyMap<SourcePartition, SourceOffset | null>,
  ): boolean {
    for (const [partition, offset] of offsets) {
      if (partition["api"] !== "1" || typeof partition["entity"] !== "string") {
        throw new ConnectError(
          `The partition ${JSON.stringify(partition)} is not one of this connector: they are {"api":"1","entity":"…"}, the entity one of entity.names or an empty text`,
        );
      }
      if (offset !== null) fromOffset(offset);
    }
    return true;
  }
}

/** `millrace.http.HttpSourceConnector` */
export class MillraceHttpSourceConnector extends HttpSourceConnector {
  readonly dialect = MILLRACE_SOURCE;

  taskClass(): typeof MillraceHttpSourceTask {
    return MillraceHttpSourceTask;
  }
}

/** `io.confluent.connect.http.HttpSourceConnector` */
export class ConfluentHttpSourceConnector extends HttpSourceConnector {
  readonly dialect = CONFLUENT_SOURCE;

  taskClass(): typeof ConfluentHttpSourceTask {
    return ConfluentHttpSourceTask;
  }
}
