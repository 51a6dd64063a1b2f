import { readFileSync } from "node:fs";
import type { ConfigKey } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { JsonConverter, StringConverter } from "../src/index.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const KEYS = { ...new JsonConverter().config(), ...new StringConverter().config() };

test.for(Object.entries(KEYS).filter(([key]) => key !== "converter.type"))(
  "the README describes %s as the configuration table does",
  ([key, definition]) => {
    expect(README).toContain(row(key, definition));
  },
);

function row(key: string, { type, default: value, importance, doc }: ConfigKey): string {
  return `| \`${key}\` | ${type} | ${String(value)} | ${importance} | ${doc} |`;
}
