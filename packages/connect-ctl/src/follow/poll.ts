import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectorStatus } from "../client/answers.ts";
import { RefusedError, UnreachableError } from "../client/errors.ts";
import type { Session } from "../session.ts";
import { statusLines } from "./changes.ts";
import { printEvent } from "./print-event.ts";

const POLL_MS = 1_000;

/** Tells of changes of a connector's states until it is deleted. */
export async function followStatus({ client, terminal, format }: Session, name: string) {
  let before: ConnectorStatus | undefined;
  let away = false;
  for (;;) {
    try {
      const status = await client.status(name);
      for (const { text, ...change } of statusLines(before, status)) {
        printEvent(terminal, format, { time: new Date().toISOString(), ...change }, text);
      }
      before = status;
      away = false;
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) {
        return terminal.note(`${name} has been deleted`);
      }
      if (!(error instanceof UnreachableError)) throw error;
      if (!away) terminal.note(`${error.message}\nTrying again …`);
      away = true;
    }
    await sleep(POLL_MS, undefined, { signal: terminal.signal });
  }
}
