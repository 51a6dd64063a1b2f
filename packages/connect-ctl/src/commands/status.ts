import type { Command } from "commander";
import { EXIT } from "../exit-codes.ts";
import { indent, printable, table } from "../output/table.ts";
import { type Cli, inSession, type Session } from "../session.ts";
import { type ConnectorView, countStates, needsHelp, viewOf } from "../status/health.ts";
import { allViews } from "./list.ts";
import { expandNames, NAME_HELP } from "./names.ts";

interface StatusOptions {
  readonly exitCode?: boolean;
}

const HEADER = ["NAME", "TYPE", "HEALTH", "SINCE", "CONNECTOR", "TASKS", "WORKER"];
const SINCE = HEADER.indexOf("SINCE");

export function addStatus(program: Command, cli: Cli): void {
  program
    .command("status")
    .argument("[name...]", `${NAME_HELP} (default: all)`)
    .description("tells how connectors do as a whole, and what has failed")
    .option("--exit-code", "exit with 1 when a connector or task is not as it should be")
    .action(
      inSession(cli, async (session, names: string[], { exitCode }: StatusOptions) => {
        const views = await viewsOf(session, names);
        session.print(views, () => tableOf(views) + details(views));
        if (exitCode && views.some(needsHelp)) session.endWith(EXIT.failed);
      }),
    );
}

async function viewsOf(session: Session, names: readonly string[]): Promise<ConnectorView[]> {
  const { client } = session;
  if (names.length === 0) return allViews(client, await client.connectorsHealth());
  const views: ConnectorView[] = [];
  await session.forEach(await expandNames(client, names), async (name) => {
    const [status, health] = await Promise.all([client.status(name), client.connectorHealth(name)]);
    views.push(viewOf(name, status, health));
  });
  return views;
}

/** Without a column for what no worker tells. */
function tableOf(views: readonly ConnectorView[]): string {
  const rows = [HEADER, ...views.map(row)];
  const isTold = views.some(({ since }) => since !== undefined);
  const [header = [], ...others] = isTold ? rows : rows.map((cells) => cells.toSpliced(SINCE, 1));
  return table(header, others);
}

function row({ name, type, health, since = "", state, tasks, worker }: ConnectorView): string[] {
  return [name, type, health, since, state, countStates(tasks), worker];
}

/** What has failed, with the first line of its trace, and why else something is not well. */
function details(views: readonly ConnectorView[]): string {
  const lines = views.flatMap(({ name, health, reason, state, worker, error, tasks }) => {
    const failed = tasks.filter((task) => task.state === "FAILED");
    const hasFailed = state === "FAILED" || failed.length > 0;
    // The reason of a failure is the failure.
    const isTold = reason !== undefined && (health === "stale" || !hasFailed);
    return [
      ...(isTold ? [printable(`${name}: ${reason}`)] : []),
      ...(state === "FAILED" ? [`${name}: the connector FAILED on ${worker}`, cause(error)] : []),
      ...failed.flatMap((task) => [
        `${name}: task ${task.id} FAILED on ${task.worker}`,
        cause(task.error),
      ]),
    ];
  });
  return lines.length === 0 ? "" : `\n${lines.join("\n")}\n`;
}

function cause(error = "without a trace"): string {
  return indent(error);
}
