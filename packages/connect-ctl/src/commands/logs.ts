import type { Command } from "commander";
import { askAll, reasonOf, workersOf } from "../client/workers.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { lineText, merge } from "../follow/log-lines.ts";
import { followLogs } from "../follow/logs.ts";
import { type Cli, inSession, type Session } from "../session.ts";
import { statusOf } from "../status/wait.ts";
import { FOLLOW_HELP, type FollowOptions, tellFromNow, tellKept } from "./events.ts";

export function addLogs(program: Command, cli: Cli): void {
  program
    .command("logs")
    .argument("<name>", "a connector")
    .description(
      "shows what a connector and its tasks have logged, of every worker that has an address here; where workers do not offer it (Java), what happens to the connector",
    )
    .option("-f, --follow", FOLLOW_HELP)
    .action(
      inSession(cli, async (session, name: string, { follow }: FollowOptions) => {
        // A connector that is not there is an error, whatever the worker offers.
        await session.client.info(name);
        await tellOfOthers(session, name);
        if (await (follow ? followLogs(session, name) : printLogs(session, name))) return;
        session.terminal.note(
          "No worker offers log lines (Java workers, or an older Millrace): what happens instead.",
        );
        await (follow ? tellFromNow(session, name) : tellKept(session, name));
      }),
    );
}

/** @returns false where no worker offers it */
async function printLogs(session: Session, name: string): Promise<boolean> {
  const { client, terminal } = session;
  const workers = workersOf(client.http, terminal.signal);
  const { answers, without, failures } = await askAll(workers, (worker) => worker.logs(name));
  for (const [worker, error] of failures) {
    terminal.note(`${worker.name}: ${reasonOf(worker, error)}`);
    session.endWith(exitCodeOf(error));
  }
  if (answers.length === 0) return false;
  for (const worker of without) terminal.note(`${worker.name}: it does not offer log lines`);
  const lines = merge(
    answers.map(([{ name: worker }, logged]) => logged.map((line) => ({ worker, ...line }))),
  );
  session.print(lines, () =>
    lines.map((line) => `${line.time}  ${lineText(name, line, workers.length > 1)}\n`).join(""),
  );
  return true;
}

/**
 * Each worker has only its own lines. By which address a worker is reached its status does not
 * tell, but where there are more workers than addresses, some are not asked.
 */
async function tellOfOthers({ client, terminal }: Session, name: string): Promise<void> {
  const status = await statusOf(client, name);
  if (status === undefined) return;
  const parts = [status.connector, ...status.tasks];
  const workers = [...new Set(parts.map((part) => part.worker_id))];
  const { urls } = client.http.endpoint;
  if (workers.length <= urls.length) return;
  terminal.note(
    `${name} runs on ${workers.length} workers, and ${urls.length} will be asked, which may not have all lines: give the addresses of ${workers.join(", ")} with --url or in the context`,
  );
}
