import { ConfigError } from "@millrace/connect-api";
import type { Config } from "./config.ts";
import { plainName, type TableId } from "./catalog/table-id.ts";
import type { ListedTable } from "./catalog/tables.ts";
import { NamePatterns } from "./patterns.ts";

/** How many names a message lists. */
const LISTED = 20;

/** Which tables are captured. */
export class CapturedTables {
  readonly #config: Config;
  readonly #schemas: { included: NamePatterns; excluded: NamePatterns };
  readonly #tables: { included: NamePatterns; excluded: NamePatterns };
  readonly #signal: string | null;

  /** @throws {ConfigError} where lists contradict each other */
  constructor(config: Config) {
    this.#config = config;
    this.#schemas = lists(config, "schema");
    this.#tables = lists(config, "table");
    this.#signal = config["signal.data.collection"];
  }

  captures(id: TableId): boolean {
    return (
      passes(this.#schemas, id.schema) &&
      // Lists are of schema.table; Debezium also takes a signal table that they leave out.
      (passes(this.#tables, plainName(id)) || this.isSignal(id))
    );
  }

  isSignal(id: TableId): boolean {
    return this.#signal !== null && plainName(id) === this.#signal;
  }

  /**
   * The captured ones of all tables. Partitions are tables of their own, or the table that
   * they are partitions of is one, by `publish.via.partition.root`.
   * @throws {ConfigError} when there are none, or more than `guardrail.collections.max`
   */
  select(tables: readonly ListedTable[]): ListedTable[] {
    const byRoot = this.#config["publish.via.partition.root"];
    const candidates = tables.filter(({ kind, isPartition }) =>
      byRoot ? !isPartition : kind === "r",
    );
    const selected = candidates.filter((table) => this.captures(table));
    if (selected.length === 0) throw this.#noTables(candidates);
    const limit = this.#config["guardrail.collections.max"];
    if (limit > 0 && selected.length > limit) {
      throw new ConfigError(
        "guardrail.collections.max",
        limit,
        `${selected.length} tables are captured. Narrow table.include.list, or raise this`,
      );
    }
    return selected;
  }

  #noTables(candidates: readonly ListedTable[]): ConfigError {
    const keys = [
      "schema.include.list",
      "schema.exclude.list",
      "table.include.list",
      "table.exclude.list",
    ] as const;
    const set = keys.filter((key) => this.#config[key] !== null);
    const key = set.findLast((name) => name.endsWith("include.list")) ?? set.at(-1);
    const names = candidates.map(plainName);
    const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
    const there =
      names.length === 0
        ? "The database has no tables; create one, or correct database.dbname"
        : `It matches no table. There are ${names.slice(0, LISTED).join(", ")}${more}; expressions must match schema.table whole`;
    if (key === undefined)
      return new ConfigError("database.dbname", this.#config["database.dbname"], there);
    return new ConfigError(key, this.#config[key], there);
  }
}

function lists(config: Config, what: "schema" | "table") {
  const included = new NamePatterns(config[`${what}.include.list`]);
  const excluded = new NamePatterns(config[`${what}.exclude.list`]);
  if (!included.isEmpty && !excluded.isEmpty) {
    throw new ConfigError(
      `${what}.exclude.list`,
      config[`${what}.exclude.list`],
      `Set this or ${what}.include.list, not both`,
    );
  }
  return { included, excluded };
}

function passes(
  { included, excluded }: { included: NamePatterns; excluded: NamePatterns },
  name: string,
): boolean {
  return included.isEmpty ? !excluded.matches(name) : included.matches(name);
}
