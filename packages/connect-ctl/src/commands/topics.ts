import type { Command } from "commander";
import { table } from "../output/table.ts";
import { type Cli, inSession } from "../session.ts";

export function addTopics(program: Command, cli: Cli): void {
  program
    .command("topics")
    .argument("<name>", "a connector")
    .description("lists the topics that a connector has read or written")
    .option("--reset", "forget them, so that only topics of from now on are listed")
    .action(
      inSession(cli, async (session, name: string, { reset }: { reset?: boolean }) => {
        if (reset) {
          await session.client.resetTopics(name);
          return session.say(`The topics of ${name} are forgotten`);
        }
        const topics = [...(await session.client.topics(name))].toSorted();
        const rows = topics.map((topic) => [topic]);
        session.print({ [name]: { topics } }, () => table(["TOPIC"], rows));
      }),
    );
}
