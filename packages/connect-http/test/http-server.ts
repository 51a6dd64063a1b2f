import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";

/** One request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Nothing says yet whether it was taken. */
  taken: boolean;
}

/** What the server does with a request. */
export type Reaction =
  /** Takes it where the status is 2xx. */
  | {
      readonly kind?: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string | string[]>>;
      readonly body?: string | Buffer;
    }
  /** The connection ends before the request is looked at. */
  | { readonly kind: "reset-before" }
  /** It is taken, and the connection ends without an answer. */
  | { readonly kind: "reset-after" }
  /** It is taken, the answer comes late. */
  | { readonly kind: "answer-late"; readonly ms: number; readonly status?: number }
  /** It is taken, the answer's length is a lie. */
  | { readonly kind: "wrong-length" }
  /** It is taken, the answer's body has no end. */
  | { readonly kind: "huge-body"; readonly status: number }
  /** What comes back is no HTTP. */
  | { readonly kind: "garbage" }
  /** It is never answered. */
  | { readonly kind: "silence" };

export interface Tls {
  readonly key: string;
  readonly certificate: string;
  /** Asks clients for a certificate that this authority signed. */
  readonly clientCa?: string;
}

const OK: Reaction = { status: 200 };

/** An HTTP server that does what broken servers do. */
export class TestServer implements AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[] = [];
  /** Decides for each request. */
  react: (request: Seen) => Reaction | Promise<Reaction> = () => OK;
  /** The most requests that were under way at once. */
  mostInFlight = 0;
  #inFlight = 0;
  readonly #server;

  private constructor(
    server: ReturnType<typeof createServer | typeof createTlsServer>,
    scheme: string,
  ) {
    this.#server = server;
    this.url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("request", (req: IncomingMessage, res: ServerResponse) => {
      this.#handle(req, res).catch((error: unknown) => res.destroy(error as Error));
    });
  }

  static async start(tls?: Tls): Promise<TestServer> {
    const server =
      tls === undefined
        ? createServer()
        : createTlsServer({
            key: tls.key,
            cert: tls.certificate,
            ...(tls.clientCa !== undefined && { ca: tls.clientCa, requestCert: true }),
          });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TestServer(server, tls === undefined ? "http" : "https");
  }

  /** Bodies that were taken, in order. */
  get taken(): string[] {
    return this.seen.filter(({ taken }) => taken).map(({ body }) => body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
    res.once("close", () => this.#inFlight--);
    const bytes = Buffer.concat(await req.toArray());
    const body = req.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
    const request: Seen = {
      method: req.method ?? "",
      path: req.url ?? "",
      headers: req.headers,
      body: body.toString("utf8"),
      taken: false,
    };
    this.seen.push(request);
    await this.#answer(request, await this.react(request), res);
  }

  async #answer(request: Seen, reaction: Reaction, res: ServerResponse): Promise<void> {
    switch (reaction.kind) {
      case undefined:
      case "answer":
        request.taken = reaction.status >= 200 && reaction.status < 300;
        res.writeHead(reaction.status, reaction.headers);
        res.end(reaction.body);
        return;
      case "reset-before":
        res.destroy();
        return;
      case "reset-after":
        request.taken = true;
        res.destroy();
        return;
      case "answer-late":
        request.taken = (reaction.status ?? 200) < 300;
        await sleep(reaction.ms);
        res.writeHead(reaction.status ?? 200).end();
        return;
      case "wrong-length":
        request.taken = true;
        res.writeHead(200, { "content-length": 1000 });
        res.write("too short");
        res.socket?.end();
        return;
      case "huge-body":
        request.taken = reaction.status < 300;
        res.writeHead(reaction.status);
        pour(res);
        return;
      case "garbage":
        res.socket?.end("SSH-2.0-OpenSSH_9.6\r\n");
        return;
      case "silence":
        return;
    }
  }
}

function pour(res: ServerResponse): void {
  const chunk = "x".repeat(16 * 1024);
  const more = () => {
    while (!res.destroyed && res.write(chunk));
  };
  res.on("drain", more);
  more();
}
