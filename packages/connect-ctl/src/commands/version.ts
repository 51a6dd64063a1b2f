import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { type Cli, inSession } from "../session.ts";

export function addVersion(program: Command, cli: Cli): void {
  program
    .command("version")
    .description("shows the versions of this command and of the worker, and its Kafka cluster")
    .action(
      inSession(cli, async (session) => {
        const own = await ownVersion();
        const server = await session.client.server();
        session.print({ client: own, server }, () =>
          [
            `connect-ctl    ${own}`,
            `worker         ${server.version} (${server.commit})`,
            `Kafka cluster  ${server.kafka_cluster_id}`,
            "",
          ].join("\n"),
        );
      }),
    );
}

/** Of this package. */
export async function ownVersion(): Promise<string> {
  const manifest = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
