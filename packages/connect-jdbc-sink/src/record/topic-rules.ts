import { DataError, type Props, type SinkRecord } from "@millrace/connect-api";
import { type Identifiers, parseTable, quoteName, type TableId } from "@millrace/jdbc-dialects";
import { type Config, parseSinkConfig, topicOverrides } from "../config.ts";
import { parseTableName, type TableNameFormat, tableNameParts } from "../table-name.ts";
import { type KeyOf, keyReader } from "./row-key.ts";
import type { RowPlan } from "./row-plan.ts";
import { RowPlanner } from "./row-planner.ts";

/** A record as what is to happen to a row of a table. */
export interface Change {
  readonly record: SinkRecord;
  readonly plan: RowPlan;
  readonly table: TableId;
  readonly rules: TopicRules;
}

/** A record is no row, by its form rather than its values. */
export class RecordError extends DataError {
  constructor(record: SinkRecord, cause: DataError) {
    super(`Cannot write ${placeOf(record)}: ${cause.message}`, { cause });
  }
}

/** What holds for the records of one topic. */
export class TopicRules {
  readonly config: Config;
  readonly #planner: RowPlanner;
  readonly #format: TableNameFormat;
  readonly #tables: TableIds;
  /** By the name of the value's schema, where the format asks for no more. */
  readonly #known = new Map<string, TableId>();
  readonly #keys = new WeakMap<RowPlan, KeyOf>();

  constructor(config: Config, format: string, tables: TableIds) {
    this.config = config;
    this.#planner = new RowPlanner(config);
    this.#format = parseTableName(format);
    this.#tables = tables;
  }

  /**
   * What a record does; undefined for a change event that is of no row.
   * @throws {RecordError} when it cannot be written
   */
  change(record: SinkRecord): Change | undefined {
    try {
      const plan = this.#planner.plan(record);
      return plan && { record, plan, table: this.#tableOf(record), rules: this };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      throw new RecordError(record, error);
    }
  }

  keyOf(plan: RowPlan): KeyOf {
    let reader = this.#keys.get(plan);
    if (reader === undefined) this.#keys.set(plan, (reader = keyReader(plan)));
    return reader;
  }

  #tableOf(record: SinkRecord): TableId {
    const { perTopic } = this.#format;
    const schemaName = perTopic ? (record.valueSchema?.name ?? "") : "";
    const known = perTopic ? this.#known.get(schemaName) : undefined;
    if (known !== undefined) return known;
    const normalize = this.config["table.name.normalize"];
    const { row, source } = this.#planner;
    const table = this.#tables.of(tableNameParts(this.#format, { record, row, source }, normalize));
    if (perTopic) this.#known.set(schemaName, table);
    return table;
  }
}

/** One object for each table, so that tables can be compared by identity. */
class TableIds {
  readonly #identifiers: Identifiers;
  readonly #known = new Map<string, TableId>();

  constructor(identifiers: Identifiers) {
    this.#identifiers = identifiers;
  }

  of(parts: readonly string[]): TableId {
    // Each part quoted by itself, so that nothing in a name is read as SQL.
    const text = parts.map((part) => quoteName(this.#identifiers, part, "always")).join(".");
    let table = this.#known.get(text);
    if (table === undefined) {
      table = parseTable({ ...this.#identifiers, defaults: {} }, text);
      this.#known.set(text, table);
    }
    return table;
  }
}

/** The rules of each topic, made when its first record comes. */
export class RulesByTopic {
  readonly #props: Props;
  readonly #tables: TableIds;
  readonly #overrides: ReadonlyMap<string, Props>;
  readonly #byTopic = new Map<string, TopicRules>();

  /** @throws {ConfigError} for an override that cannot be */
  constructor(props: Props, identifiers: Identifiers) {
    this.#props = props;
    this.#tables = new TableIds(identifiers);
    this.#overrides = topicOverrides(props);
  }

  of(topic: string): TopicRules {
    let rules = this.#byTopic.get(topic);
    if (rules === undefined) {
      const config = parseSinkConfig({ ...this.#props, ...this.#overrides.get(topic) });
      const mapped = config["topics.to.tables.mapping"]
        .map((entry) => entry.split(":"))
        .find(([name]) => name === topic)?.[1];
      const overridden = this.#overrides.get(topic)?.["table.name.format"];
      rules = new TopicRules(
        config,
        overridden ?? mapped ?? config["table.name.format"],
        this.#tables,
      );
      this.#byTopic.set(topic, rules);
    }
    return rules;
  }
}

/** For people: which record it is. */
export const placeOf = (record: SinkRecord): string =>
  `record ${record.originalTopic}-${record.originalKafkaPartition}@${record.originalKafkaOffset}`;
