import { readFileSync } from "node:fs";
import { type ConfigDef, defaultOf, printed } from "@millrace/connect-api";
import { describe, expect, test } from "vitest";
import { ExpressionPredicate } from "../src/expression/expression-predicate.ts";
import { ExpressionRecord } from "../src/expression/expression-record.ts";
import { ExpressionKey, ExpressionValue } from "../src/expression/expression-transform.ts";
import * as plugins from "../src/index.ts";

/** In modules of their own, so that only who uses them loads their library. */
const EXPRESSIONS = { ExpressionKey, ExpressionPredicate, ExpressionRecord, ExpressionValue };

interface Manifest {
  readonly kafkaConnect: {
    readonly plugins: readonly { readonly class: string; readonly export: string }[];
  };
}

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

const CLASSES = new Map<string, new () => { config(): ConfigDef }>(
  Object.entries({ ...plugins, ...EXPRESSIONS }),
);
const { kafkaConnect } = JSON.parse(read("../package.json")) as Manifest;
const TABLES = new Map(
  kafkaConnect.plugins.map((plugin) => [
    plugin.class,
    new (CLASSES.get(plugin.export)!)().config(),
  ]),
);

/** What Java Connect 4.3.1 and Debezium 3.7 define; of the two of a pair, one. */
const RECORDED = JSON.parse(read("golden/config-defs.json")) as Record<string, object[]>;

/** Keys of our own, after Java's: paths in names of fields, which 4.3.1 reads in ExtractField only (KIP-821). */
const ADDED: ReadonlyMap<string, readonly string[]> = new Map(
  ["Cast", "HeaderFrom", "HoistField", "InsertField", "MaskField", "ReplaceField"]
    .concat("TimestampConverter", "ValueToKey")
    .map((name) => [
      name,
      name === "HoistField" ? ["field.syntax.version", "hoisted"] : ["field.syntax.version"],
    ]),
);

describe("the keys are Java's", () => {
  test.for(Object.entries(RECORDED))("of %s", ([name, expected]) => {
    const added = ADDED.get(name.replace(/^.*\./, "").replace(/\$.*/, "")) ?? [];
    const listed = Object.entries(TABLES.get(name)!).filter(([, { internal }]) => !internal);
    const keys = listed.map(([key, definition]) => ({
      name: key,
      type: definition.type,
      required: definition.default === undefined,
      default: printed(definition, defaultOf(definition)),
      importance: definition.importance,
    }));
    expect(keys.slice(0, expected.length)).toEqual(expected);
    expect(keys.slice(expected.length).map(({ name }) => name)).toEqual(added);
    const beyondJava = listed.filter(([, definition]) => definition.beyondJava === true);
    expect(beyondJava.map(([key]) => key)).toEqual(added);
  });

  test("and both of a pair have the same", () => {
    const keys = [...TABLES].filter(([name]) => name.endsWith("$Key"));
    expect(keys).toHaveLength(11);
    for (const [name, table] of keys) {
      expect(TABLES.get(name.replace("$Key", "$Value"))).toBe(table);
    }
  });
});

describe("the README", () => {
  const README = read("../README.md");

  test("names every plugin", () => {
    const names = [...TABLES.keys()].map((name) => name.replace(/^.*\./, "").replace(/\$.*/, ""));
    expect(names.filter((name) => !README.includes(`\`${name}\``))).toEqual([]);
  });

  test.for(
    [...TABLES].flatMap(([name, table]) =>
      Object.entries(table).map(([key, definition]) => ({ name, key, ...definition })),
    ),
  )("describes $key of $name as the table does", ({ key, type, importance, doc, ...rest }) => {
    const definition = { type, importance, doc, ...rest };
    const value = rest.default === undefined ? "" : printed(definition, defaultOf(definition));
    const shown = value === undefined || value === null ? "null" : value;
    const cell = rest.default === undefined ? "required" : shown === "" ? "" : `\`${shown}\``;
    const row = `| \`${key}\` | ${type} | ${cell} | ${importance} | ${doc.replaceAll("|", "\\|")} |`;
    expect(README).toContain(row.replace("|  |", "| |"));
  });
});
