import {
  type ConfigDef,
  type ConfigValue,
  type ExactlyOnceSupport,
  type Props,
  SourceConnector,
  type SourceOffset,
  type SourcePartition,
} from "@millrace/connect-api";
import { DEFINITIONS } from "./definitions/definitions.ts";
import { readOffset } from "./offset.ts";
import { PostgresTask } from "./task.ts";
import { reachDatabase, validateCdc } from "./validate.ts";

/** Captures the changes of a PostgreSQL database (Debezium: `PostgresConnector`). */
export class PostgresConnector extends SourceConnector {
  #props: Props = {};

  config(): ConfigDef {
    return DEFINITIONS;
  }

  start(props: Props): void {
    this.#props = props;
  }

  taskClass(): typeof PostgresTask {
    return PostgresTask;
  }

  /** Always one task: the log has one order. */
  taskConfigs(): Props[] {
    return [{ ...this.#props, "task.id": "0" }];
  }

  stop(): void {
    this.#props = {};
  }

  override validate(props: Props): Promise<ConfigValue[]> {
    return validateCdc(props);
  }

  override testConnection(props: Props, signal: AbortSignal): Promise<string> {
    return reachDatabase(props, signal);
  }

  /** Each event has an offset of its own, down to the rows that share a position in the log. */
  override exactlyOnceSupport(): ExactlyOnceSupport {
    return "SUPPORTED";
  }

  override alterOffsets(
    _props: Props,
    offsets: ReadonlyMap<SourcePartition, SourceOffset | null>,
  ): boolean {
    for (const offset of offsets.values()) if (offset !== null) readOffset(offset);
    return false;
  }
}
