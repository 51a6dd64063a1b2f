import { readFileSync } from "node:fs";
import type { ConfigKey } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { S3SinkConnector } from "../src/index.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test.for(Object.entries(new S3SinkConnector().config()))(
  "the README describes %s as the configuration table does",
  ([key, definition]) => {
    expect(README).toContain(row(key, definition));
  },
);

function row(key: string, { type, default: value, importance, doc }: ConfigKey): string {
  const byDefault = value === undefined ? "required" : String(value);
  return `| \`${key}\` | ${type} | ${byDefault} | ${importance} | ${doc} |`;
}
