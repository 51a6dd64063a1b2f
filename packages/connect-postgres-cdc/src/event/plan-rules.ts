import { ConfigError, type Props } from "@millrace/connect-api";
import type { CatalogColumn } from "../catalog/tables.ts";
import type { Config } from "../config.ts";
import { NamePatterns } from "../patterns.ts";
import type { TypeOptions } from "../types/column-type.ts";
import type { PgTypes } from "../types/pg-type.ts";
import { ColumnChanges } from "./column-changes.ts";
import { sourceType } from "./column-size.ts";
import { KeyColumns } from "./key-columns.ts";
import { type NameAdjustment, TopicNames } from "./names.ts";
import { parsePlaceholder, type Placeholder } from "./unavailable.ts";

/** What the configuration says about how tables become schemas. */
export class PlanRules {
  readonly topics: TopicNames;
  readonly keys: KeyColumns;
  readonly types: TypeOptions;
  readonly changes: ColumnChanges;
  readonly unavailable: Placeholder;
  readonly schemaNames: NameAdjustment;
  readonly fieldNames: NameAdjustment;
  readonly #included: NamePatterns;
  readonly #excluded: NamePatterns;
  readonly #propagated: NamePatterns;
  readonly #propagatedTypes: NamePatterns;

  /** @throws {ConfigError} */
  constructor(config: Config, props: Props) {
    this.topics = new TopicNames(config);
    this.keys = new KeyColumns(config["message.key.columns"]);
    this.types = {
      decimals: config["decimal.handling.mode"],
      moneyDigits: config["money.fraction.digits"],
      times: config["time.precision.mode"],
      intervals: config["interval.handling.mode"],
      hstores: config["hstore.handling.mode"],
      binaries: config["binary.handling.mode"],
      unknown: config["include.unknown.datatypes"],
    };
    this.changes = new ColumnChanges(props);
    this.unavailable = parsePlaceholder(config["unavailable.value.placeholder"]);
    this.schemaNames = config["schema.name.adjustment.mode"];
    this.fieldNames = config["field.name.adjustment.mode"];
    this.#included = new NamePatterns(config["column.include.list"]);
    this.#excluded = new NamePatterns(config["column.exclude.list"]);
    if (!this.#included.isEmpty && !this.#excluded.isEmpty) {
      throw new ConfigError(
        "column.exclude.list",
        config["column.exclude.list"],
        "Set this or column.include.list, not both",
      );
    }
    this.#propagated = new NamePatterns(config["column.propagate.source.type"]);
    this.#propagatedTypes = new NamePatterns(config["datatype.propagate.source.type"]);
  }

  /** @param column `schema.table.column` */
  capturesColumn(column: string): boolean {
    if (!this.#included.isEmpty) return this.#included.matches(column);
    return this.#excluded.isEmpty || !this.#excluded.matches(column);
  }

  /** Parameters that tell of the column's type, where they are asked for. */
  sourceParameters(
    fullName: string,
    column: CatalogColumn,
    types: PgTypes,
    isSnapshot: boolean,
  ): [string, string][] {
    if (this.#propagated.isEmpty && this.#propagatedTypes.isEmpty) return [];
    const { name, length, scale } = sourceType(types, column, isSnapshot);
    const isWanted = this.#propagated.matches(fullName) || this.#propagatedTypes.matches(name);
    if (!isWanted) return [];
    return [
      ["__debezium.source.column.type", name.toUpperCase()],
      ["__debezium.source.column.length", String(length)],
      ...(scale === undefined
        ? []
        : [["__debezium.source.column.scale", String(scale)] as [string, string]]),
      ["__debezium.source.column.name", column.name],
    ];
  }
}
