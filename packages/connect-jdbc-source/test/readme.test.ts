import { readFileSync } from "node:fs";
import type { ConfigKey } from "@millrace/connect-api";
import { DIALECTS, findDialect } from "@millrace/jdbc-dialects";
import { expect, test } from "vitest";
import { CONFIG } from "../src/index.ts";
import { TimestampColumns } from "../src/columns/timestamp-columns.ts";
import { BulkMode } from "../src/mode/bulk.ts";
import { IncrementingMode } from "../src/mode/incrementing.ts";
import { TimestampIncrementingMode } from "../src/mode/timestamp-incrementing.ts";
import { TimestampRange } from "../src/mode/timestamp-range.ts";
import { TimestampMode } from "../src/mode/timestamp.ts";
import { Statements } from "../src/statement.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** `| `key` | TYPE | default | IMPORTANCE | what |`. */
function row(key: string, { type, default: value, importance, doc }: ConfigKey): string {
  const shown = Array.isArray(value) ? value.join(",") : String(value);
  const escaped = doc.replaceAll("|", "\\|");
  return `| \`${key}\` | ${type} | ${shown} | ${importance} | ${escaped} |`;
}

const keys = Object.entries(CONFIG as Record<string, ConfigKey>).filter(
  ([, { internal }]) => internal !== true,
);

test.each(keys)("the README describes %s as the configuration table does", (key, definition) => {
  expect(README).toContain(row(key, definition).replaceAll("|  |", "| |"));
});

test.each(DIALECTS.map(({ title, exampleUrl }) => [title, exampleUrl]))(
  "the README has a URL for %s: %s",
  (_, url) => {
    expect(README).toContain(`\`${url}\``);
  },
);

const session = { now: () => Promise.resolve(0n) } as never;

test.each(["jdbc:postgresql://db/shop", "jdbc:mysql://db/shop", "jdbc:sqlite:/shop.db"])(
  "the README has the SQL that runs for %s",
  async (url) => {
    const dialect = findDialect(url);
    const [level] = dialect.identifiers.levels;
    const names = {
      catalog: null,
      schema: null,
      ...(level && { [level]: level === "schema" ? "public" : "shop" }),
    };
    const origin = { table: { ...names, name: "orders" } };
    const statements = new Statements(dialect, origin, "always", "");
    const destination = { what: "", topic: "", schemaName: "", partition: {} };
    const times = new TimestampColumns(["updated"], statements);
    const range = new TimestampRange({ delayMs: 0, safe: false });
    const start = { timestamp: 0n, incrementing: -1n };
    const modes = [
      new BulkMode(destination, statements),
      new IncrementingMode(destination, statements, "id", -1n, 0),
      new TimestampMode(destination, statements, times, range, 0n),
      new TimestampIncrementingMode(destination, statements, times, "id", range, start, 0),
    ];
    for (const mode of modes) expect(README).toContain((await mode.selection(session))?.sql);
  },
);
