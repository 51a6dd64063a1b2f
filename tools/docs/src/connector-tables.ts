import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PACKAGES = join(import.meta.dirname, "..", "..", "..", "packages");

interface Plugin {
  readonly kind: string;
  readonly class: string;
  readonly aliases?: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly kafkaConnect?: { readonly plugins: readonly Plugin[] };
}

/** The connectors of all packages by the class names that configurations may have. */
export function connectorTables(): string {
  return [
    ...section("Sources", "source"),
    ...section("Sinks", "sink"),
    "## Other plugins",
    "",
    "| kind | class | package |",
    "|---|---|---|",
    ...plugins()
      .filter(({ plugin: { kind } }) => kind !== "source" && kind !== "sink")
      .map(
        ({ folder, plugin }) =>
          `| ${plugin.kind.replaceAll("_", " ")} | ${names(plugin)} | ${link(folder)} |`,
      ),
    "",
  ].join("\n");
}

function section(title: string, kind: string): string[] {
  return [
    `## ${title}`,
    "",
    "| `connector.class` | package |",
    "|---|---|",
    ...plugins()
      .filter(({ plugin }) => plugin.kind === kind)
      .map(({ folder, plugin }) => `| ${names(plugin)} | ${link(folder)} |`),
    "",
  ];
}

function plugins(): { folder: string; plugin: Plugin }[] {
  return readdirSync(PACKAGES)
    .toSorted()
    .map((folder) => ({ folder, path: join(PACKAGES, folder, "package.json") }))
    .filter(({ path }) => existsSync(path))
    .flatMap(({ folder, path }) => {
      const { kafkaConnect } = JSON.parse(readFileSync(path, "utf8")) as Manifest;
      return (kafkaConnect?.plugins ?? []).map((plugin) => ({ folder, plugin }));
    });
}

function names({ class: name, aliases = [] }: Plugin): string {
  return [name, ...aliases].map((one) => `\`${one}\``).join(", ");
}

function link(folder: string): string {
  return `[${folder}](../packages/${folder}/README.md)`;
}
