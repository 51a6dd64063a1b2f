import { compileJavaRegex, ConfigError } from "@millrace/connect-api";

interface Rule {
  readonly table: RegExp;
  readonly columns: readonly string[];
}

/** `message.key.columns`: `schema.table:column,column;schema.table:column`. */
export class KeyColumns {
  readonly #rules: readonly Rule[];

  /** @throws {ConfigError} */
  constructor(text: string | null) {
    const items = (text ?? "").split(";").map((item) => item.trim());
    this.#rules = items.filter((item) => item !== "").map(parseRule);
  }

  /** The columns of a table's keys, or undefined where nothing is said of the table. */
  of(table: string): readonly string[] | undefined {
    return this.#rules.find((rule) => rule.table.test(table))?.columns;
  }
}

function parseRule(item: string): Rule {
  const colon = item.lastIndexOf(":");
  const columns = item
    .slice(colon + 1)
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (colon < 1 || columns.length === 0) {
    throw new ConfigError(
      "message.key.columns",
      item,
      "Write schema.table:column,column, and a semicolon between tables",
    );
  }
  return { table: compileJavaRegex(`(?i)${item.slice(0, colon).trim()}`), columns };
}
