import type { Command } from "commander";
import { table } from "../output/table.ts";
import { type Cli, inSession } from "../session.ts";

export function addPlugins(program: Command, cli: Cli): void {
  const plugins = program.command("plugins").description("shows the plugins that a worker has");
  plugins
    .command("list", { isDefault: true })
    .description("lists connectors, or all plugins; every worker has its own")
    .option("--all", "transformations, predicates and converters as well")
    .action(
      inSession(cli, async (session, { all }: { all?: boolean }) => {
        const found = await session.client.plugins(all !== true);
        const rows = found.map((plugin) => [plugin.class, plugin.type, plugin.version ?? ""]);
        session.print(found, () => table(["CLASS", "TYPE", "VERSION"], rows));
      }),
    );
  plugins
    .command("config")
    .argument("<class>", "a plugin, as in connector.class")
    .description("shows the keys that a plugin takes")
    .action(
      inSession(cli, async (session, plugin: string) => {
        const keys = await session.client.pluginConfig(plugin);
        const rows = keys.map((key) => [
          key.name,
          key.type,
          key.required ? "required" : (key.default_value ?? "null"),
          key.importance,
          key.documentation ?? "",
        ]);
        const header = ["KEY", "TYPE", "DEFAULT", "IMPORTANCE", "MEANING"];
        session.print(keys, () => table(header, rows));
      }),
    );
}
