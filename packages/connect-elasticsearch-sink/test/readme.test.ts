import { readFileSync } from "node:fs";
import type { ConfigKey } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { CONFIG } from "../src/config/table.ts";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test.for(Object.entries<ConfigKey>(CONFIG))(
  "the README describes %s as the configuration table does",
  ([key, definition]) => {
    expect(README).toContain(row(key, definition));
  },
);

test("the README describes no other keys", () => {
  const described = README.match(/^\| `[\w.]+` \| [A-Z]+ \|/gm) ?? [];
  expect(described).toHaveLength(Object.keys(CONFIG).length);
});

function row(key: string, { type, importance, doc, ...rest }: ConfigKey): string {
  const cells = [`\`${key}\``, type, shown(rest.default), importance, doc.replaceAll("|", "\\|")];
  return `| ${cells.join(" | ")} |`;
}

function shown(value: ConfigKey["default"]): string {
  if (value === undefined) return "required";
  const text = Array.isArray(value) ? value.join(",") : String(value);
  return text === "" ? '""' : text;
}
