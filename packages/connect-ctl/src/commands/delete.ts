import type { Command } from "commander";
import { RefusedError } from "../client/errors.ts";
import { type Cli, inSession } from "../session.ts";
import { waitForState } from "../status/wait.ts";
import { seconds } from "./options.ts";

interface DeleteOptions {
  readonly ifExists?: boolean;
  readonly offsets?: boolean;
  readonly timeout: number;
}

export function addDelete(program: Command, cli: Cli): void {
  program
    .command("delete")
    .alias("rm")
    .argument("<name...>", "connectors, by their full names")
    .description("deletes connectors; their offsets stay, unless told otherwise")
    .option("--if-exists", "what is not there is as good as deleted")
    .option("--offsets", "stop them first and reset their offsets")
    .option("--timeout <seconds>", "how long to wait for the stop", seconds, 60)
    .action(
      inSession(cli, async (session, names: string[], options: DeleteOptions) => {
        const { client, terminal } = session;
        await session.forEach(names, async (name) => {
          try {
            if (options.offsets) {
              await client.steer(name, "stop");
              const timeoutMs = options.timeout * 1000;
              await waitForState(client, name, "STOPPED", { timeoutMs, signal: terminal.signal });
              await client.resetOffsets(name);
            }
            await client.delete(name);
            session.say(`${name} deleted`);
          } catch (error) {
            const missing = error instanceof RefusedError && error.status === 404;
            if (!missing || !options.ifExists) throw error;
            session.say(`${name} does not exist`);
          }
        });
      }),
    );
}
