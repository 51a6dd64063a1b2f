import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigDef } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { CONFIG } from "../src/index.ts";

const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");

/** The rows that the README has to have, by group. */
function keyTable(): string {
  const rows: string[] = [];
  let group: string | undefined;
  for (const [key, definition] of Object.entries<ConfigDef[string]>(CONFIG)) {
    if (definition.group !== group) {
      group = definition.group;
      rows.push("", `**${group}**`, "", "| Key | Type | Default | Meaning |", "|---|---|---|---|");
    }
    const { type, default: value, doc } = definition;
    const shown =
      value === undefined
        ? "required"
        : value === null || value === ""
          ? ""
          : `\`${String(value)}\``;
    rows.push(`| \`${key}\` | ${type.toLowerCase()} | ${shown} | ${doc.replaceAll("|", "\\|")} |`);
  }
  return rows.join("\n").trim();
}

test("the table of keys is that of the code", () => {
  expect(readme).toContain(keyTable());
});
