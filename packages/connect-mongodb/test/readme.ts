import { type ConfigDef, type ConfigKey, printed } from "@millrace/connect-api";

/** The rows of a README's table of keys. */
export function rows(table: ConfigDef): string[] {
  return Object.entries(table)
    .filter(([, key]) => key.visible?.("", {}) ?? true)
    .map(([name, key]) => {
      const doc = key.doc.replaceAll("|", "\\|");
      return `| \`${name}\` | ${key.type} | ${shownDefault(name, key)} | ${key.importance} | ${doc} |`;
    });
}

function shownDefault(name: string, key: ConfigKey): string {
  const { default: value } = key;
  if (value === undefined) return "required";
  if (name.endsWith("max.threads")) return "processors";
  if (name.startsWith("output.schema.") && !name.endsWith("value")) return "Java's";
  if (name === "output.schema.value") return "Java's";
  if (name === "connection.uri") return String(value);
  const text = printed(key, value) ?? "null";
  // Classes of one package, whose names would be wider than the page.
  const short = text.replaceAll(/com\.mongodb\.[\w.]*\.(?=\w+(?:,|$))/g, "");
  return short === "" || key.type === "PASSWORD" ? '""' : `\`${short}\``;
}
