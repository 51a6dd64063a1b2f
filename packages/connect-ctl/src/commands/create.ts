import { type Command, Option } from "commander";
import { readConnectors } from "../files/read-connectors.ts";
import { type Cli, inSession } from "../session.ts";
import { waitForState } from "../status/wait.ts";
import { type FileOptions, type WaitFlags, withFiles, withWait } from "./options.ts";

interface CreateOptions extends FileOptions, WaitFlags {
  readonly state?: string;
}

export function addCreate(program: Command, cli: Cli): void {
  const create = withFiles(program.command("create"))
    .description("creates connectors that do not exist yet")
    .addOption(
      new Option("--state <state>", "the state to create them in; the file may say, too")
        .choices(["RUNNING", "PAUSED", "STOPPED"])
        .argParser((text) => text.toUpperCase()),
    );
  withWait(create, "they run, or are in their initial states").action(
    inSession(cli, async (session, { file, state, wait, timeout }: CreateOptions) => {
      const { client, terminal } = session;
      const connectors = await readConnectors(file, terminal);
      const wanted = new Map(connectors.map((connector) => [connector.name, connector]));
      const initialOf = (name: string) => state ?? wanted.get(name)!.initialState;
      const created = await session.forEach([...wanted.keys()], async (name) => {
        const initial = initialOf(name);
        const { config } = wanted.get(name)!;
        await client.create({ name, config, ...(initial && { initial_state: initial }) });
        session.say(`${name} created`);
      });
      if (!wait) return;
      const options = { timeoutMs: timeout * 1000, signal: terminal.signal };
      await session.waitForEach(created, (name) =>
        waitForState(client, name, initialOf(name) ?? "RUNNING", options),
      );
    }),
  );
}
