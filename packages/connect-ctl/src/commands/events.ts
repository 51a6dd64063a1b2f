import type { Command } from "commander";
import { statusLines } from "../follow/changes.ts";
import { eventLines, followEvents } from "../follow/events.ts";
import { followStatus } from "../follow/poll.ts";
import { type Cli, inSession, type Session } from "../session.ts";

export interface FollowOptions {
  readonly follow?: boolean;
}

export const FOLLOW_HELP = "go on until Ctrl-C, or until the connector is deleted";

export function addEvents(program: Command, cli: Cli): void {
  program
    .command("events")
    .argument("<name>", "a connector")
    .description(
      "tells what happens to a connector: its events where the worker has them (Millrace), else its states",
    )
    .option("-f, --follow", FOLLOW_HELP)
    .action(
      inSession(cli, async (session, name: string, { follow }: FollowOptions) => {
        await (follow ? tellFromNow(session, name) : tellKept(session, name));
      }),
    );
}

/** Prints the events of a connector that are kept, or its states. */
export async function tellKept(session: Session, name: string): Promise<void> {
  // A connector that is not there is an error, whatever the worker offers.
  const status = await session.client.status(name);
  const events = await session.client.events(name);
  if (events !== undefined) return session.print(events, () => eventLines(events));
  session.terminal.note(`${NOT_OFFERED}: its states instead.`);
  const lines = statusLines(undefined, status);
  session.print(lines, () => lines.map(({ text }) => `${text}\n`).join(""));
}

/** Prints the events of a connector as they come, or changes of its states. */
export async function tellFromNow(session: Session, name: string): Promise<void> {
  const status = await session.client.status(name);
  const stream = await session.client.follow(name, "events");
  if (stream !== undefined) return followEvents(session, status, stream);
  session.terminal.note(`${NOT_OFFERED}: following its states instead.`);
  await followStatus(session, name);
}

const NOT_OFFERED = "This worker does not offer events (a Java worker, or an older Millrace)";
