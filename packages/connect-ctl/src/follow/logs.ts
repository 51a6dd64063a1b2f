import { setTimeout as sleep } from "node:timers/promises";
import type { EventSourceMessage } from "eventsource-parser";
import type { LogLine } from "../client/answers.ts";
import { ConnectClient } from "../client/connect-client.ts";
import type { HttpStream } from "../client/http.ts";
import { askAll, reasonOf, type Worker, workersOf } from "../client/workers.ts";
import type { Session } from "../session.ts";
import { isDeletion } from "./events.ts";
import { lineText } from "./log-lines.ts";
import { printEvent } from "./print-event.ts";
import { contentOf, messages } from "./stream.ts";

/** What a connector logs at its end comes after the news of its deletion. */
const LAST_LINES_MS = 1_000;

interface Following {
  readonly session: Session;
  /** Of the connector. */
  readonly name: string;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/**
 * Prints what workers log of a connector, as it comes, until the connector is deleted.
 * @returns false where no worker offers it
 */
export async function followLogs(session: Session, name: string): Promise<boolean> {
  const { terminal, client } = session;
  const ended = new AbortController();
  const signal = AbortSignal.any([terminal.signal, ended.signal]);
  const following = { session, name, signal };
  try {
    const workers = workersOf(client.http, signal);
    const { answers, without, failures } = await askAll(workers, (worker) =>
      worker.follow(name, "logs"),
    );
    if (answers.length === 0) return false;
    for (const worker of without) terminal.note(`${worker.name}: it does not offer log lines`);
    // Those that did not answer may do so later.
    const later = failures.map(([worker]) => [worker, undefined] as const);
    await printUntilDeleted(following, [...answers, ...later]);
  } finally {
    ended.abort();
  }
  terminal.note(`${name} has been deleted`);
  return true;
}

async function printUntilDeleted(
  following: Following,
  workers: readonly (readonly [Worker, HttpStream | undefined])[],
): Promise<void> {
  const { signal } = following;
  const several = workers.length > 1;
  // Each stream ends where its worker has no such connector any more, after it broke off.
  const logs = Promise.all(
    workers.map(([worker, stream]) => printLines(following, worker, stream, several)),
  );
  const lastLines = untilDeleted(following).then(() => sleep(LAST_LINES_MS, undefined, { signal }));
  // Whichever is later breaks off when all is ended, which is no news.
  for (const part of [logs, lastLines]) part.catch(() => undefined);
  await Promise.race([logs, lastLines]);
}

/** No log line tells of the end: an event does, of whichever worker. */
async function untilDeleted({ session, name, signal }: Following): Promise<void> {
  const client = new ConnectClient(session.client.http, { signal });
  // Who follows the lines tells of what breaks off.
  const onBreak = () => undefined;
  for await (const message of messages({ client, name, what: "events", signal, onBreak })) {
    if (isDeletion(message)) return;
  }
}

async function printLines(
  { session: { terminal, format }, name, signal }: Following,
  worker: Worker,
  stream: HttpStream | undefined,
  withWorker: boolean,
): Promise<void> {
  const { client, name: of } = worker;
  const onBreak = (error: Error) =>
    terminal.note(`${of}: ${reasonOf(worker, error)}\nTrying again …`);
  for await (const message of messages({ client, name, what: "logs", signal, onBreak }, stream)) {
    if (message.event === "reset") {
      terminal.note(`${of}: it was restarted, or tells too much: lines may be missing here`);
    } else {
      const line = { worker: of, ...lineOf(message) };
      printEvent(terminal, format, line, lineText(name, line, withWorker));
    }
  }
}

/** What is no log line is shown all the same. */
function lineOf(message: EventSourceMessage): LogLine {
  return { time: "", level: "info", logger: "", message: message.data, ...contentOf(message) };
}
