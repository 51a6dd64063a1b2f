import type { Command } from "commander";
import type { ConnectorStatus } from "../client/answers.ts";
import { UsageError } from "../exit-codes.ts";
import { type Cli, inSession } from "../session.ts";
import { statusOf, waitForState } from "../status/wait.ts";
import { expandNames, NAME_HELP } from "./names.ts";
import { count, type WaitFlags, withWait } from "./options.ts";

const VERBS = {
  pause: { state: "PAUSED", what: "lets tasks rest; they keep their places" },
  resume: { state: "RUNNING", what: "lets connectors that are paused or stopped run again" },
  stop: { state: "STOPPED", what: "ends tasks altogether, as changing offsets needs it" },
} as const;

/** `pause`, `resume`, `stop`. */
export function addSteering(program: Command, cli: Cli): void {
  for (const verb of ["pause", "resume", "stop"] as const) {
    const { state, what } = VERBS[verb];
    const command = program
      .command(verb)
      .argument("<name...>", NAME_HELP)
      .description(`${what}: ${state}`);
    withWait(command, `they are ${state}`).action(
      inSession(cli, async (session, names: string[], { wait, timeout }: WaitFlags) => {
        const { client, terminal } = session;
        const told = await session.forEach(await expandNames(client, names), async (name) => {
          await client.steer(name, verb);
          if (!wait) session.say(`${name} was told to ${verb}`);
        });
        if (!wait) return;
        const options = { timeoutMs: timeout * 1000, signal: terminal.signal };
        await session.waitForEach(told, (name) => waitForState(client, name, state, options));
      }),
    );
  }
}

interface RestartFlags extends WaitFlags {
  readonly includeTasks?: boolean;
  readonly onlyFailed?: boolean;
  readonly task?: number;
}

export function addRestart(program: Command, cli: Cli): void {
  const restart = program
    .command("restart")
    .argument("<name...>", NAME_HELP)
    .description("restarts connectors; their tasks only if told so")
    .option("--include-tasks", "restart their tasks as well")
    .option("--only-failed", "restart only what has failed")
    .option("--task <number>", "restart one task and nothing else", count);
  withWait(restart, "they are RUNNING").action(
    inSession(cli, async (session, names: string[], flags: RestartFlags) => {
      const { includeTasks = false, onlyFailed = false, task, wait, timeout } = flags;
      if (task !== undefined && (includeTasks || onlyFailed)) {
        throw new UsageError("--task goes without --include-tasks and --only-failed");
      }
      const { client, terminal } = session;
      const before = new Map<string, ConnectorStatus | undefined>();
      const told = await session.forEach(await expandNames(client, names), async (name) => {
        if (wait) before.set(name, await statusOf(client, name));
        if (task === undefined) await client.restart(name, { includeTasks, onlyFailed });
        else await client.restartTask(name, task);
        if (!wait) session.say(`${name} was told to restart`);
      });
      if (!wait) return;
      const options = { timeoutMs: timeout * 1000, signal: terminal.signal };
      await session.waitForEach(told, (name) =>
        waitForState(client, name, "RUNNING", { ...options, before: before.get(name) }),
      );
    }),
  );
}
