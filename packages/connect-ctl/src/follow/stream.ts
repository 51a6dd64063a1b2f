import { setTimeout as sleep } from "node:timers/promises";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { ConnectClient } from "../client/connect-client.ts";
import { isOfWorker, RefusedError } from "../client/errors.ts";
import type { HttpStream } from "../client/http.ts";
import { parseExactJson } from "../client/json.ts";

const RECONNECT_MS = 1_000;

/** What is followed, and how. */
export interface Following {
  readonly client: ConnectClient;
  /** Of the connector. */
  readonly name: string;
  readonly what: "events" | "logs";
  /** Ends it, with this signal's error. */
  readonly signal: AbortSignal;
  /** Is told, once, why there is no stream just now. */
  readonly onBreak: (error: Error) => void;
}

/**
 * Server-sent events of a connector, by a new stream where one breaks off, until the
 * connector is deleted.
 * @param first a stream that is open already
 */
export async function* messages(
  following: Following,
  first?: HttpStream,
): AsyncGenerator<EventSourceMessage, void> {
  let lastId: string | undefined;
  for (let stream = first ?? (await open(following, lastId)); stream !== undefined;) {
    for await (const message of messagesOf(following, stream)) {
      lastId = message.id ?? lastId;
      yield message;
    }
    await sleep(RECONNECT_MS, undefined, { signal: following.signal });
    stream = await open(following, lastId);
  }
}

/** The data of a message: an object, whatever it is. */
export function contentOf({ data }: EventSourceMessage): Readonly<Record<string, unknown>> {
  try {
    const json = parseExactJson(data);
    if (typeof json === "object" && json !== null && !Array.isArray(json)) {
      return json as Readonly<Record<string, unknown>>;
    }
  } catch {
    // Text is an event's content, too.
  }
  return { data };
}

/** Ends when the stream does, in whatever way. */
async function* messagesOf(
  { signal }: Following,
  { body }: HttpStream,
): AsyncGenerator<EventSourceMessage, void> {
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => arrived.push(message) });
  body.setEncoding("utf8");
  try {
    for await (const chunk of body as AsyncIterable<string>) {
      parser.feed(chunk);
      yield* arrived.splice(0);
    }
  } catch (error) {
    // A worker that ends breaks the stream off: the next one is asked.
    if (signal.aborted) throw error;
  }
}

/** @returns undefined when the connector is not there any more */
async function open(
  { client, name, what, signal, onBreak }: Following,
  lastId: string | undefined,
): Promise<HttpStream | undefined> {
  for (let tries = 0; ; tries++) {
    if (tries > 0) await sleep(RECONNECT_MS, undefined, { signal });
    try {
      const stream = await client.follow(name, what, lastId);
      if (stream !== undefined) return stream;
      if (!(await exists(client, name))) return undefined;
    } catch (error) {
      if (!isOfWorker(error) || signal.aborted) throw error;
      if (tries === 0) onBreak(error);
    }
  }
}

async function exists(client: ConnectClient, name: string): Promise<boolean> {
  try {
    await client.info(name);
    return true;
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404) return false;
    throw error;
  }
}
