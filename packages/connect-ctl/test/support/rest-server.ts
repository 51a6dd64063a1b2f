import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** What a test lets a server answer. */
export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Breaks the connection off instead. */
  readonly hangUp?: true;
}

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface RestServer {
  readonly url: string;
  readonly received: readonly Received[];
}

/** A server for answers that no worker gives when it is asked to; gone when the test ends. */
export async function restServer(
  reply: (request: Received, count: number) => Reply,
  tls?: ServerOptions,
): Promise<RestServer> {
  const received: Received[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "", headers } = request;
    const seen = { method, path: url, headers, body: await text(request) };
    const { status = 200, headers: extra, body = "", hangUp } = reply(seen, received.push(seen));
    if (hangUp) return void request.socket.destroy();
    response.writeHead(status, { "content-type": "application/json", ...extra });
    response.end(body);
  };
  const listener: RequestListener = (request, response) => void answer(request, response);
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http${tls === undefined ? "" : "s"}://127.0.0.1:${port}`, received };
}

/** Where nobody listens. */
export async function closedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
