import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Feed, Numbered } from "../feed/feed.ts";
import { queryFlag } from "./resource.ts";
import { RestError } from "./rest-error.ts";

/** Server-sent events, as browsers read them (WHATWG HTML, 9.2). */
export const EVENT_STREAM = "text/event-stream";

const RECONNECT_MS = 2_000;

export interface EventStreamLimits {
  /** How many clients there may be at once. */
  readonly clients: number;
  /** Keeps proxies from closing what is silent. */
  readonly heartbeatMs: number;
  /** A client that does not take what it is sent is cut off when so much waits for it. */
  readonly bufferedBytes: number;
}

const LIMITS: EventStreamLimits = { clients: 100, heartbeatMs: 15_000, bufferedBytes: 1_048_576 };

/** What a client may follow. */
export interface Followed<T> {
  readonly feed: Feed<T>;
  readonly isWanted: (item: T) => boolean;
  readonly typeOf: (item: T) => string;
  /** Whether a client that is new gets what is kept, too. */
  readonly fromBeginning: boolean;
}

/** Clients that are told of what happens, as it happens. */
export class EventStreams {
  readonly #limits: EventStreamLimits;
  readonly #open = new Set<EventStream>();

  constructor(limits: Partial<EventStreamLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /**
   * Answers with a stream, which goes on behind what `Last-Event-ID` names.
   * @throws {RestError} 503 when there are too many clients
   */
  answer<T>(request: FastifyRequest, reply: FastifyReply, followed: Followed<T>): FastifyReply {
    const { clients } = this.#limits;
    if (this.#open.size >= clients) {
      throw new RestError(
        503,
        `${clients} clients follow this worker already, which is the most at once: ask another worker, or again later`,
      );
    }
    reply
      .header("content-type", EVENT_STREAM)
      .header("cache-control", "no-store")
      // Proxies that gather answers would keep them from the client.
      .header("x-accel-buffering", "no");
    if (request.method === "HEAD") return reply.send();
    const stream = new EventStream(this.#limits);
    this.#open.add(stream);
    stream.once("close", () => this.#open.delete(stream));
    stream.follow(followed, request.headers["last-event-id"]?.toString());
    return reply.send(stream);
  }

  /** Ends all of them: clients come again, and find another worker, or this one when it is back. */
  close(): void {
    for (const stream of this.#open) stream.end();
  }
}

/** Whether a client wants to be told of what happens, and not what has happened. */
export function wantsToFollow(request: FastifyRequest): boolean {
  const { accept = "" } = request.headers;
  return queryFlag(request, "follow", false) || accept.toLowerCase().includes(EVENT_STREAM);
}

class EventStream extends Readable {
  readonly #bufferedBytes: number;
  readonly #heartbeat: NodeJS.Timeout;
  #leave: () => void = () => undefined;

  constructor({ heartbeatMs, bufferedBytes }: EventStreamLimits) {
    super();
    this.#bufferedBytes = bufferedBytes;
    this.#heartbeat = setInterval(() => this.#send(":\n\n"), heartbeatMs).unref();
    this.#send(`retry: ${RECONNECT_MS}\n\n`);
  }

  follow<T>({ feed, isWanted, typeOf, fromBeginning }: Followed<T>, lastId?: string): void {
    const send = ({ id, item }: Numbered<T>) => {
      if (isWanted(item)) this.#event(typeOf(item), item, id);
    };
    if (lastId !== undefined || fromBeginning) {
      const { items, complete } = feed.after(lastId);
      if (lastId !== undefined && !complete) {
        this.#event("reset", {
          reason: `What came after ${lastId} is not known to this worker, or not all of it: look anew`,
        });
      }
      for (const item of items) send(item);
    }
    this.#leave = feed.subscribe(send);
  }

  end(): void {
    this.push(null);
  }

  /** Data comes when something happens, not when it is asked for. */
  override _read(): void {}

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearInterval(this.#heartbeat);
    this.#leave();
    callback(error);
  }

  #event(type: string, data: unknown, id?: string): void {
    const idLine = id === undefined ? "" : `id: ${id}\n`;
    this.#send(`${idLine}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #send(text: string): void {
    if (this.readableEnded || this.destroyed) return;
    this.push(text);
    if (this.readableLength > this.#bufferedBytes) {
      this.destroy(new Error("The client does not take what it is sent"));
    }
  }
}
