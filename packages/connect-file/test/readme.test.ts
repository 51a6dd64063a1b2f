import { readFileSync } from "node:fs";
import type { ConfigDef, ConfigKey } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { FileSinkConnector, FileSourceConnector } from "../src/index.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test.each([
  ["FileSource", new FileSourceConnector().config()],
  ["FileSink", new FileSinkConnector().config()],
])("the README has the keys of %s as its table has them", (name, config) => {
  const [, table] = README.split(`<!-- keys of ${name} -->\n`);
  expect(table?.split("<!-- end -->")[0]).toBe(tableOf(config));
});

function tableOf(config: ConfigDef): string {
  const rows = Object.entries(config).map(([key, definition]) => row(key, definition));
  return [
    "",
    "| key | type | default | importance | |",
    "|---|---|---|---|---|",
    ...rows,
    "",
    "",
  ].join("\n");
}

function row(key: string, { type, importance, doc, ...definition }: ConfigKey): string {
  const { default: value } = definition;
  const text =
    value === undefined
      ? "required"
      : value === null
        ? "null"
        : Array.isArray(value)
          ? '""'
          : typeof value === "string" && !/^[\w.-]+$/.test(value)
            ? `\`${value}\``
            : String(value);
  return `| \`${key}\` | ${type} | ${text} | ${importance} | ${doc} |`;
}
