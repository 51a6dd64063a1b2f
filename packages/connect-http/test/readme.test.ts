import { readFileSync } from "node:fs";
import type { ConfigKey } from "@millrace/connect-api";
import { expect, test } from "vitest";
import * as connectors from "../src/index.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const KEYS = Object.values(connectors).flatMap((Connector) =>
  Object.entries(new Connector().config()),
);

test.for(KEYS)("the README describes %s as the configuration table does", ([key, definition]) => {
  expect(README).toContain(row(key, definition));
});

test.for(Object.keys(connectors))("the README says which class %s is", (name) => {
  const { kafkaConnect } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  ) as { kafkaConnect: { plugins: { class: string; export: string }[] } };
  const plugin = kafkaConnect.plugins.find((entry) => entry.export === name);
  expect(README).toContain(`\`${plugin?.class}\``);
});

function row(key: string, { type, default: value, importance, doc }: ConfigKey): string {
  return `| \`${key}\` | ${type} | ${shown(value)} | ${importance} | ${cell(doc)} |`;
}

function shown(value: ConfigKey["default"]): string {
  if (value === undefined) return "required";
  if (value === "" || (Array.isArray(value) && value.length === 0)) return '""';
  return cell(String(value));
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
