import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectorStatus, PartStatus, State } from "../client/answers.ts";
import type { ConnectClient } from "../client/connect-client.ts";
import { RefusedError, TimedOutError } from "../client/errors.ts";
import { FailedError } from "../exit-codes.ts";
import { countStates } from "./health.ts";

const POLL_MS = 250;
/**
 * How often a state must be seen in a row. Kafka Connect does not tell whether a state is
 * that of before a change or after it; a connector that has to start again does so within
 * the second.
 */
const SEEN = 4;
/** The same where there are no tasks: the first ones of a new connector may take longer. */
const SEEN_WITHOUT_TASKS = 20;

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What there was before the change: a failure that was there already may still go away. */
  readonly before?: ConnectorStatus | undefined;
}

/**
 * Waits until a connector and all its tasks are in a state, and stay there.
 * @returns the sentence that says so
 * @throws {FailedError} with the first line of the trace, when one fails meanwhile
 * @throws {TimedOutError} with what they are instead
 */
export async function waitForState(
  client: ConnectClient,
  name: string,
  state: State,
  { timeoutMs, signal, before }: WaitOptions,
): Promise<string> {
  const end = Date.now() + timeoutMs;
  let seen = 0;
  for (;;) {
    const status = await statusOf(client, name);
    throwIfFailed(name, state, status, before);
    seen = (await isIn(client, status, state)) ? seen + 1 : 0;
    const enough = status?.tasks.length || state === "STOPPED" ? SEEN : SEEN_WITHOUT_TASKS;
    if (seen >= enough) return `${name} is ${state}`;
    if (Date.now() > end) throw late(name, state, status, timeoutMs);
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Undefined while there is none, as of a connector that was just created. */
export async function statusOf(
  client: ConnectClient,
  name: string,
): Promise<ConnectorStatus | undefined> {
  try {
    return await client.status(name);
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404) return undefined;
    throw error;
  }
}

async function isIn(
  client: ConnectClient,
  status: ConnectorStatus | undefined,
  state: State,
): Promise<boolean> {
  if (status?.connector.state !== state) return false;
  const { tasks } = await client.info(status.name);
  if (state === "STOPPED") return tasks.length === 0 && status.tasks.length === 0;
  // Tasks that are configured but have not started yet have no status.
  return tasks.length === status.tasks.length && status.tasks.every((task) => task.state === state);
}

function throwIfFailed(
  name: string,
  state: State,
  status: ConnectorStatus | undefined,
  before: ConnectorStatus | undefined,
): void {
  if (status === undefined || state === "STOPPED") return;
  const known = new Set(before === undefined ? [] : parts(before).map(([key]) => key));
  const failure = parts(status).find(([key, { state: is }]) => is === "FAILED" && !known.has(key));
  if (failure === undefined) return;
  const [, { trace }, which] = failure;
  throw new FailedError(`${name}: ${which} has failed: ${trace?.split("\n", 1)[0] ?? ""}`);
}

/** The connector and its tasks, each with a key that changes when it fails anew in another way. */
function parts(status: ConnectorStatus): [key: string, part: PartStatus, which: string][] {
  const all: [PartStatus, string][] = [
    [status.connector, "the connector"],
    ...status.tasks.map((task): [PartStatus, string] => [task, `task ${task.id}`]),
  ];
  return all.map(([part, which]) => [
    JSON.stringify([which, part.state, part.worker_id, part.trace]),
    part,
    which,
  ]);
}

function late(
  name: string,
  state: State,
  status: ConnectorStatus | undefined,
  timeoutMs: number,
): TimedOutError {
  const is =
    status === undefined
      ? "it has no status yet"
      : `the connector is ${status.connector.state}, tasks: ${countStates(status.tasks)}`;
  return new TimedOutError(`${name} is not ${state} after ${timeoutMs / 1000} s: ${is}`);
}
