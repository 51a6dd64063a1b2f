import type { Command } from "commander";
import type { Config } from "../client/answers.ts";
import { RefusedError } from "../client/errors.ts";
import { indent, printable, table } from "../output/table.ts";
import { type Cli, inSession, type Session } from "../session.ts";
import { type ConnectorView, viewOf } from "../status/health.ts";
import { statusOf } from "../status/wait.ts";
import { secretKeysOf } from "./secret-keys.ts";

/** All there is to know of one connector. */
interface Description extends ConnectorView {
  readonly config: Config;
  readonly topics: readonly string[];
  readonly traces: readonly { readonly of: string; readonly trace: string }[];
}

export function addDescribe(program: Command, cli: Cli): void {
  program
    .command("describe")
    .argument("<name>", "a connector")
    .description("shows one connector: health, tasks, whole traces, topics, configuration")
    .option("--show-secrets", "show passwords and the like")
    .action(
      inSession(cli, async (session, name: string, options: { showSecrets?: boolean }) => {
        const description = await describe(session, name, options.showSecrets === true);
        session.print(description, () => textOf(description));
      }),
    );
}

async function describe(
  { client }: Session,
  name: string,
  showSecrets: boolean,
): Promise<Description> {
  const [{ config }, status, health, topics] = await Promise.all([
    client.info(name),
    statusOf(client, name),
    client.connectorHealth(name),
    client.topics(name).catch(noneIfNotTracked),
  ]);
  const secrets = showSecrets ? undefined : await secretKeysOf(client, config);
  const parts = status === undefined ? [] : [status.connector, ...status.tasks];
  return {
    ...viewOf(name, status, health),
    config: secrets === undefined ? config : secrets.hideIn(config),
    topics,
    traces: parts.flatMap(({ trace }, i) =>
      trace ? [{ of: i === 0 ? "connector" : `task ${status!.tasks[i - 1]!.id}`, trace }] : [],
    ),
  };
}

/** Workers may be set up not to track topics. */
function noneIfNotTracked(error: unknown): readonly string[] {
  if (error instanceof RefusedError && error.status === 403) return [];
  throw error;
}

function textOf(description: Description): string {
  const { name, type, state, worker, tasks, topics, config, traces } = description;
  const head = [
    ["Name", name],
    ["Type", type],
    ["Class", config["connector.class"] ?? ""],
    ["Health", healthText(description)],
    ["Connector", worker === "" ? state : `${state} on ${worker}`],
    ["Topics", topics.join(", ") || "none"],
  ];
  const taskRows = tasks.map((task) => [String(task.id), task.state, task.worker]);
  return [
    head.map(([key, value]) => `${`${key}:`.padEnd(11)}${printable(value!)}\n`).join(""),
    tasks.length === 0 ? "\nNo tasks\n" : `\n${table(["TASK", "STATE", "WORKER"], taskRows)}`,
    ...traces.map(({ of, trace }) => `\nTrace of ${of}:\n${indent(trace.trimEnd())}\n`),
    `\nConfiguration:\n${indent(configText(config))}`,
  ].join("");
}

function healthText({ health, since, reason }: ConnectorView): string {
  const told = since === undefined ? health : `${health} since ${since}`;
  return reason === undefined ? told : `${told}: ${reason}`;
}

/** A configuration as `.properties` would show it, a key a line. */
export function configText(config: Config): string {
  return Object.keys(config)
    .toSorted()
    .map((key) => `${key} = ${printable(config[key]!)}\n`)
    .join("");
}
