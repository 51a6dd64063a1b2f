import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  STATUS_CODES,
} from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Logger } from "@millrace/connect-api";
import type { RenewedTls } from "./renewed-tls.ts";
import type { ListenerTls } from "./tls.ts";

/** How long clients may keep the server waiting, in milliseconds. */
export interface Patience {
  /** For a TLS handshake, and for all headers of a request. */
  readonly headersMs: number;
  /** For a whole request with its body. */
  readonly requestMs: number;
  /** For a next request on the same connection, and while an answer is not being read. */
  readonly idleMs: number;
  /** How often it is looked for who has been slow, and for new certificates. */
  readonly checkMs: number;
}

/** Java's server gives up a connection on which nothing moved for 90 s; drops do not help here. */
export const PATIENCE: Patience = {
  headersMs: 30_000,
  requestMs: 90_000,
  idleMs: 90_000,
  checkMs: 5_000,
};

/** A server for one listener: http, or https where there is TLS. */
export function createHttpServer(
  handler: RequestListener,
  tls: RenewedTls<ListenerTls> | undefined,
  { headersMs, requestMs, idleMs, checkMs }: Patience,
  logger: Logger,
): Server {
  const limits: ServerOptions = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: checkMs,
  };
  if (tls === undefined) return createServer(limits, handler);
  const { clientAuth, ...options } = tls.value;
  const server = createHttpsServer(
    { ...options, ...limits, handshakeTimeout: headersMs, honorCipherOrder: true },
    handler,
  );
  server.on("tlsClientError", (error, socket) => {
    logger.debug(`TLS with ${socket.remoteAddress ?? "a client"} failed: ${error.message}`);
  });
  const looking = setInterval(() => {
    if (tls.look()) server.setSecureContext(tls.value);
  }, checkMs).unref();
  server.on("close", () => clearInterval(looking));
  if (clientAuth === "requested") server.on("secureConnection", refuseStrangers(logger));
  return server;
}

/** Who shows no certificate may come in; who shows a wrong one may not, as with Java's server. */
function refuseStrangers(logger: Logger): (socket: TLSSocket) => void {
  return (socket) => {
    if (socket.authorized || socket.getPeerX509Certificate() === undefined) return;
    logger.debug(
      `TLS with ${socket.remoteAddress ?? "a client"} failed: ${String(socket.authorizationError)}`,
    );
    socket.destroy();
  };
}

/**
 * The subject of the certificate that a client has shown and that was verified, as Java writes
 * it (RFC 2253: `CN=fred,OU=ops,O=Example`).
 */
export function clientSubject({ socket }: IncomingMessage): string | undefined {
  const { authorized, getPeerX509Certificate } = socket as Partial<TLSSocket>;
  if (authorized !== true) return undefined;
  const subject = getPeerX509Certificate?.call(socket)?.subject;
  return subject?.split("\n").toReversed().join(",");
}

/** Answers what is no request, or comes too slowly. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const status =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? 408
      : error.code === "HPE_HEADER_OVERFLOW"
        ? 431
        : error.code === "HPE_INVALID_METHOD"
          ? 405
          : 400;
  if (socket.writable) {
    const reason = STATUS_CODES[status]!;
    const body = JSON.stringify({ error_code: status, message: `HTTP ${status} ${reason}` });
    // As with other answers in the framework's own words.
    const type = status === 405 ? "" : "Content-Type: application/json\r\n";
    socket.write(
      `HTTP/1.1 ${status} ${reason}\r\n${type}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroy(error);
}
