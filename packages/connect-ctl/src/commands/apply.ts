import type { Command } from "commander";
import { EXIT, FailedError } from "../exit-codes.ts";
import { readConnectors } from "../files/read-connectors.ts";
import { type Cli, inSession, type Session } from "../session.ts";
import { waitForState } from "../status/wait.ts";
import { type FileOptions, type WaitFlags, withFiles, withWait } from "./options.ts";
import { type Plan, planFor, planText, prunePlans } from "./plan.ts";

interface ApplyOptions extends FileOptions, WaitFlags {
  readonly dryRun?: boolean;
  readonly exitCode?: boolean;
  readonly prune?: string;
}

export function addApply(program: Command, cli: Cli): void {
  const apply = withFiles(program.command("apply"))
    .description(
      "brings connectors to what files say: creates or updates them, or leaves them alone",
    )
    .option("--dry-run", "check everything and show the changes, but make none")
    .option("--exit-code", "with --dry-run: exit with 1 when there are changes")
    .option(
      "--prune <pattern>",
      "delete connectors with such names (* stands for any text) that are in no file",
    );
  withWait(apply, "what was created or changed runs, or has the state it is to have").action(
    inSession(cli, async (session, options: ApplyOptions) => {
      const wanted = await readConnectors(options.file, session.terminal);
      const plans: Plan[] = [];
      // All are looked at before any is changed, so that a mistake changes nothing.
      for (const connector of wanted) plans.push(await planFor(session.client, connector));
      if (options.prune !== undefined) {
        plans.push(...(await prunePlans(session.client, options.prune, plans)));
      }
      const invalid = plans.filter(({ errors }) => errors.length > 0);
      if (options.dryRun || invalid.length > 0) return report(session, plans, options);
      await carryOut(session, plans, options);
    }),
  );
}

function report(session: Session, plans: readonly Plan[], options: ApplyOptions): void {
  session.print(plans.map(shown), () => plans.map((plan) => planText(plan, true)).join(""));
  const invalid = plans.filter(({ errors }) => errors.length > 0);
  if (invalid.length > 0) {
    throw new FailedError(
      `Nothing was changed: ${invalid.map(({ name }) => name).join(", ")} would be refused`,
    );
  }
  const changes = plans.some(({ action }) => action !== "unchanged");
  if (options.exitCode && changes) session.endWith(EXIT.failed);
}

async function carryOut(
  session: Session,
  plans: readonly Plan[],
  options: ApplyOptions,
): Promise<void> {
  const done: Plan[] = [];
  await session.forEach(
    plans.map(({ name }) => name),
    async (name) => {
      const plan = plans.find((candidate) => candidate.name === name)!;
      // Nothing is deleted after something went wrong: it may be what is missing now.
      if (plan.action === "delete" && session.exitCode !== EXIT.done) {
        throw new FailedError(`${name} is not deleted, because something else has failed`);
      }
      await execute(session, plan);
      done.push(plan);
      if (session.format === "table") session.print(plan, () => planText(plan, false));
    },
  );
  if (options.wait) await waitForAll(session, done, options);
  if (session.format !== "table") session.print(done.map(shown), () => "");
}

async function execute({ client }: Session, plan: Plan): Promise<void> {
  const { name, config, initialState } = plan;
  switch (plan.action) {
    case "create":
      await client.create({
        name,
        config,
        ...(initialState !== undefined && { initial_state: initialState }),
      });
      return;
    case "update":
      await client.putConfig(name, config);
      return;
    case "delete":
      return client.delete(name);
    case "unchanged":
  }
}

async function waitForAll(
  session: Session,
  plans: readonly Plan[],
  { timeout }: ApplyOptions,
): Promise<void> {
  const { client, terminal } = session;
  const waiting = new Map(
    plans.filter(({ action }) => action !== "delete").map((plan) => [plan.name, plan]),
  );
  await session.waitForEach([...waiting.keys()], (name) => {
    const { before, targetState } = waiting.get(name)!;
    const options = { timeoutMs: timeout * 1000, signal: terminal.signal, before };
    return waitForState(client, name, targetState, options);
  });
}

function shown({ name, action, changes, errors }: Plan): object {
  return { name, action, changes, ...(errors.length > 0 && { errors }) };
}
