import type { Command } from "commander";
import type { Offset } from "../client/answers.ts";
import { FailedError, UsageError } from "../exit-codes.ts";
import { parseOffsets, sinkOffset } from "../files/offsets-file.ts";
import { table } from "../output/table.ts";
import { type Cli, inSession, type Session } from "../session.ts";
import { waitForState } from "../status/wait.ts";
import { readFile } from "node:fs/promises";
import { seconds } from "./options.ts";

interface StopOptions {
  readonly stop?: boolean;
  readonly timeout: number;
}

interface SetOptions extends StopOptions {
  readonly file?: string;
}

export function addOffsets(program: Command, cli: Cli): void {
  const offsets = program
    .command("offsets")
    .description("shows and changes how far connectors have come");
  offsets
    .command("get")
    .argument("<name>", "a connector")
    .description("shows offsets; with -o json as offsets set -f reads them")
    .action(
      inSession(cli, async (session, name: string) => {
        const found = await session.client.offsets(name);
        const rows = found.map(({ partition, offset }) => [oneLine(partition), oneLine(offset)]);
        session.print({ offsets: found }, () => table(["PARTITION", "OFFSET"], rows));
      }),
    );
  withStop(
    offsets
      .command("set")
      .argument("<name>", "a connector")
      .argument("[offset...]", "of a sink: topic:partition=offset, or =null to forget one")
      .description("changes offsets of a connector that is STOPPED")
      .option("-f, --file <path>", "JSON with offsets as offsets get -o json shows them, or -"),
  ).action(
    inSession(cli, async (session, name: string, given: string[], options: SetOptions) => {
      const wanted = await wantedOffsets(session, given, options.file);
      await whileStopped(session, name, options, async () => {
        session.say(await session.client.alterOffsets(name, wanted));
      });
    }),
  );
  withStop(
    offsets
      .command("reset")
      .argument("<name>", "a connector")
      .description("forgets all offsets of a connector that is STOPPED: it begins anew"),
  ).action(
    inSession(cli, async (session, name: string, options: StopOptions) => {
      await whileStopped(session, name, options, async () => {
        session.say(await session.client.resetOffsets(name));
      });
    }),
  );
}

function withStop(command: Command): Command {
  return command
    .option("--stop", "stop it first, and give it back its state afterwards")
    .option("--timeout <seconds>", "how long to wait for the stop", seconds, 60);
}

async function wantedOffsets(
  { terminal }: Session,
  given: readonly string[],
  file: string | undefined,
): Promise<Offset[]> {
  if ((file === undefined) === (given.length === 0)) {
    throw new UsageError("Give offsets either as topic:partition=offset or with -f");
  }
  if (file === undefined) return given.map(sinkOffset);
  if (file === "-") return parseOffsets(file, await terminal.input());
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
  return parseOffsets(file, text);
}

/**
 * Changes offsets while nothing of the connector runs.
 * @throws {FailedError} saying what to do, when it runs and is not to be stopped
 */
async function whileStopped(
  session: Session,
  name: string,
  { stop, timeout }: StopOptions,
  change: () => Promise<void>,
): Promise<void> {
  const { client, terminal } = session;
  const { connector } = await client.status(name);
  if (connector.state === "STOPPED") return change();
  if (!stop) {
    throw new FailedError(
      `${name} is ${connector.state}, and offsets can be changed only of a connector that is STOPPED: add --stop, or first run connect-ctl stop --wait ${name}`,
    );
  }
  await client.steer(name, "stop");
  try {
    const options = { timeoutMs: timeout * 1000, signal: terminal.signal };
    await waitForState(client, name, "STOPPED", options);
    await change();
  } finally {
    // Also when the change was refused: then it goes on where it was.
    const verb = connector.state === "PAUSED" ? "pause" : "resume";
    await client.steer(name, verb);
    session.say(`${name} was told to ${verb}`);
  }
}

function oneLine(value: unknown): string {
  return JSON.stringify(value) ?? "";
}
