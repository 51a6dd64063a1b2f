import type { Command } from "commander";
import type { Config } from "../client/answers.ts";
import { type Cli, inSession } from "../session.ts";
import { configText } from "./describe.ts";
import { expandNames, NAME_HELP } from "./names.ts";
import { secretKeysOf } from "./secret-keys.ts";

export function addGet(program: Command, cli: Cli): void {
  const get = program.command("get").description("shows what connectors are made of");
  get
    .command("config")
    .argument("<name...>", NAME_HELP)
    .description("shows configurations; with -o json or yaml as apply -f reads them")
    .option("--show-secrets", "show passwords and the like")
    .action(
      inSession(cli, async (session, names: string[], options: { showSecrets?: boolean }) => {
        const { client } = session;
        const configs: Config[] = [];
        await session.forEach(await expandNames(client, names), async (name) => {
          const config = await client.config(name);
          const secrets = options.showSecrets ? undefined : await secretKeysOf(client, config);
          configs.push(secrets === undefined ? config : secrets.hideIn(config));
        });
        const data = names.length === 1 && configs.length === 1 ? configs[0] : configs;
        session.print(data, () => configs.map(configText).join("\n"));
      }),
    );
}
