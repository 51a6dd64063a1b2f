import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { connectorConfigTables, workerConfigTables } from "./config-tables.ts";
import { connectorTables } from "./connector-tables.ts";
import { dashboard } from "./dashboard.ts";
import { metricTables } from "./metric-tables.ts";
import { restTables } from "./rest-tables.ts";

const BEGIN = "<!-- pnpm docs:write writes from here -->";
const END = "<!-- to here -->";

const path = (name: string) => fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));

/** A file of docs/ that the code knows better, wholly or between two marks. */
export interface Generated {
  readonly name: string;
  /** @param now what the file holds */
  readonly content: (now: string) => string;
}

export const GENERATED: readonly Generated[] = [
  { name: "connector-config.md", content: (now) => between(now, connectorConfigTables()) },
  { name: "connectors.md", content: (now) => between(now, connectorTables()) },
  { name: "metrics.md", content: (now) => between(now, metricTables()) },
  { name: "rest.md", content: (now) => between(now, restTables()) },
  { name: "worker-config.md", content: (now) => between(now, workerConfigTables()) },
  {
    name: "grafana/millrace.json",
    content: () => `${JSON.stringify(dashboard(), null, 2)}\n`,
  },
];

export function read(name: string): string {
  return readFileSync(path(name), "utf8");
}

export function write({ name, content }: Generated): void {
  writeFileSync(path(name), content(read(name)));
}

/** @throws {Error} when the marks are gone */
function between(document: string, text: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`There must be "${BEGIN}" and then "${END}"`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${text}\n${document.slice(end)}`;
}
