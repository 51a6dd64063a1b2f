import { type Command, Option } from "commander";
import type { LoggerLevel } from "../client/answers.ts";
import { table } from "../output/table.ts";
import { type Cli, inSession } from "../session.ts";

const SCOPES = ["worker", "cluster"] as const;

export function addLoggers(program: Command, cli: Cli): void {
  const loggers = program
    .command("loggers")
    .description("shows and sets the levels of workers' logs");
  loggers
    .command("get", { isDefault: true })
    .argument("[logger]", "a logger (default: all that have a level)")
    .description("shows levels of the worker that answers")
    .action(
      inSession(cli, async (session, logger: string | undefined) => {
        const { client } = session;
        const found = logger ? { [logger]: await client.logger(logger) } : await client.loggers();
        const rows = Object.entries(found).map(([name, level]) => row(name, level));
        session.print(found, () => table(["LOGGER", "LEVEL", "CHANGED"], rows));
      }),
    );
  loggers
    .command("set")
    .argument("<logger>", "a logger; root for all")
    .argument("<level>", "ERROR, WARN, INFO, DEBUG, TRACE, OFF")
    .addOption(
      new Option("--scope <scope>", "this worker, or all of the cluster")
        .choices(SCOPES)
        .default("worker"),
    )
    .description("sets a level, until the worker ends")
    .action(
      inSession(
        cli,
        async (
          session,
          logger: string,
          level: string,
          options: { scope: "worker" | "cluster" },
        ) => {
          const changed = await session.client.setLogger(logger, level, options.scope);
          const of = changed === undefined ? "all workers were told" : "this worker";
          session.say(`${logger} is ${level.toUpperCase()} (${of})`);
        },
      ),
    );
}

function row(name: string, { level, last_modified: ms }: LoggerLevel): string[] {
  return [name, level ?? "", typeof ms === "number" ? new Date(ms).toISOString() : ""];
}
