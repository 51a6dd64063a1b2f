import type { Config, ConnectorStatus, State } from "../client/answers.ts";
import type { ConnectClient } from "../client/connect-client.ts";
import { RefusedError } from "../client/errors.ts";
import { UsageError } from "../exit-codes.ts";
import { diffConfigs, keepHidden, type KeyChange } from "../files/config-diff.ts";
import type { WantedConnector } from "../files/connector-file.ts";
import { printable } from "../output/table.ts";
import { statusOf } from "../status/wait.ts";
import { matcher } from "./names.ts";
import { check } from "./check.ts";

/** What is to happen to one connector. */
export interface Plan {
  readonly name: string;
  readonly action: "create" | "update" | "unchanged" | "delete";
  readonly config: Config;
  readonly initialState?: string;
  /** The state it has once the plan is carried out. */
  readonly targetState: State;
  /** Of one that changes. */
  readonly before?: ConnectorStatus;
  /** By key, secrets hidden. */
  readonly changes: readonly KeyChange[];
  /** Why the worker would refuse it. */
  readonly errors: readonly string[];
}

/**
 * Compares a connector as it is to be with what there is, and asks the worker what it
 * thinks of it.
 */
export async function planFor(client: ConnectClient, wanted: WantedConnector): Promise<Plan> {
  const { name, initialState } = wanted;
  const [existing, before] = await Promise.all([configOf(client, name), statusOf(client, name)]);
  const config = keepHidden(name, existing ?? {}, wanted.config);
  const { secrets, errors } = await check(client, config);
  const changes = diffConfigs(existing ?? {}, config, secrets);
  const unchanged = existing !== undefined && changes.length === 0;
  return {
    name,
    action: existing === undefined ? "create" : unchanged ? "unchanged" : "update",
    config,
    targetState: existing === undefined ? (initialState ?? "RUNNING") : stateToBe(before),
    changes,
    // What stands in the cluster already is not up for judgement.
    errors: unchanged ? [] : errors,
    ...(existing === undefined && initialState !== undefined && { initialState }),
    ...(before !== undefined && existing !== undefined && !unchanged && { before }),
  };
}

/** Deletions of the connectors whose names are like a pattern, but that have no plan. */
export async function prunePlans(
  client: ConnectClient,
  pattern: string,
  plans: readonly Plan[],
): Promise<Plan[]> {
  if (pattern.trim() === "") throw new UsageError("--prune: say which names, such as 'orders-*'");
  const planned = new Set(plans.map(({ name }) => name));
  const names = (await client.names()).filter((name) => !planned.has(name));
  return names
    .filter(matcher(pattern))
    .toSorted()
    .map((name) => ({
      name,
      action: "delete",
      config: {},
      targetState: "",
      changes: [],
      errors: [],
    }));
}

const DONE = { create: "created", update: "updated", delete: "deleted", unchanged: "unchanged" };
const TO_DO = {
  create: "would be created",
  update: "would be updated",
  delete: "would be deleted",
  unchanged: "unchanged",
};
const SIGN = { added: "+", removed: "-", changed: "~" };

/** The plan for people, a line for each key that changes. */
export function planText(plan: Plan, toDo: boolean): string {
  const words = toDo ? TO_DO : DONE;
  const lines = [
    `${plan.name} ${words[plan.action]}`,
    ...plan.changes.map(
      (change) => `  ${SIGN[change.change]} ${change.key} = ${valueText(change)}`,
    ),
    ...plan.errors.map((error) => `  ! ${error}`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function valueText({ change, from, to }: KeyChange): string {
  if (change === "removed") return from!;
  if (change === "added") return to!;
  return from === to ? `${to!} (changed)` : `${to!} (was ${from!})`;
}

async function configOf(client: ConnectClient, name: string): Promise<Config | undefined> {
  try {
    return await client.config(name);
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404) return undefined;
    throw error;
  }
}

/** A change of its configuration leaves a connector paused or stopped. */
function stateToBe(before: ConnectorStatus | undefined): State {
  const state = before?.connector.state;
  return state === "PAUSED" || state === "STOPPED" ? state : "RUNNING";
}
