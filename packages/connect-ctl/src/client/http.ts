import {
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from "node:http";
import { request as httpsRequest } from "node:https";
import type { SecureContextOptions } from "node:tls";
import { UnreachableError } from "./errors.ts";

/** A worker that is there takes a connection much sooner. */
const CONNECT_MS = 5_000;
/** Longer than a worker may take for any request (90 s). */
const ANSWER_MS = 120_000;
/** More than any answer of a worker; what sends more is none. */
const LARGEST_ANSWER_BYTES = 256 * 1024 * 1024;

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** How workers' certificates are checked, and what shows them who asks. */
export interface ClientTls extends Pick<
  SecureContextOptions,
  "ca" | "cert" | "key" | "passphrase"
> {
  /** False takes any certificate. Default: true. */
  readonly rejectUnauthorized?: boolean;
}

export interface Endpoint {
  /** Workers of one cluster, asked in this order until one takes the request. */
  readonly urls: readonly string[];
  readonly credentials?: Credentials;
  readonly tls?: ClientTls;
}

export interface HttpRequest {
  readonly method: string;
  /** Path and query, encoded. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** Besides those of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the wait for the answer, and reading it. */
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** Of the worker that answered. */
  readonly url: string;
  readonly text: string;
}

/** An answer whose body is still to come. */
export interface HttpStream extends Omit<HttpAnswer, "text"> {
  readonly body: IncomingMessage;
}

/** One try at one worker. */
interface Failure {
  readonly url: string;
  readonly error: Error;
}

/**
 * Sends requests to the first worker of several that takes them. A request goes to the
 * next one only as long as nothing of it was sent, so that none is carried out twice.
 * Redirects are not followed.
 */
export class HttpClient {
  readonly endpoint: Endpoint;
  /** The worker that answered last is asked first. */
  #first = 0;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /**
   * @returns an answer of any status
   * @throws {UnreachableError} when no worker takes the request, or the one that did does not answer
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const late = AbortSignal.timeout(ANSWER_MS);
    const signal = request.signal ? AbortSignal.any([late, request.signal]) : late;
    const stream = await this.stream({ ...request, signal });
    try {
      return await this.rest(stream);
    } catch (error) {
      throw lost({ ...request, signal }, stream.url, error as Error);
    }
  }

  /** As `send`, for an answer that goes on as long as the caller reads it, or `signal` lasts. */
  async stream(request: HttpRequest): Promise<HttpStream> {
    const [body, url] = await this.#open(request);
    return {
      status: body.statusCode ?? 0,
      contentType: body.headers["content-type"] ?? "",
      retryAfter: body.headers["retry-after"],
      url,
      body,
    };
  }

  /** Reads what is still to come of an answer. @throws Error when it breaks off, or is too large */
  async rest({ body, ...answer }: HttpStream): Promise<HttpAnswer> {
    return { ...answer, text: await textOf(body) };
  }

  async #open(request: HttpRequest): Promise<[incoming: IncomingMessage, url: string]> {
    const { urls } = this.endpoint;
    const failures: Failure[] = [];
    for (let i = 0; i < urls.length; i++) {
      const at = (this.#first + i) % urls.length;
      const url = urls[at]!;
      const exchange = begin(url, request, this.endpoint);
      try {
        const incoming = await exchange.incoming;
        this.#first = at;
        return [incoming, url];
      } catch (error) {
        if (request.signal?.aborted || exchange.connected()) {
          throw lost(request, url, error as Error);
        }
        failures.push({ url, error: error as Error });
      }
    }
    const tries = failures.map(({ url, error }) => `  ${url}: ${reasonOf(error)}`);
    throw new UnreachableError(`No worker could be reached:\n${tries.join("\n")}`);
  }
}

interface Exchange {
  readonly incoming: Promise<IncomingMessage>;
  /** From then on the worker may have got the request. */
  readonly connected: () => boolean;
}

function begin(url: string, request: HttpRequest, { credentials, tls }: Endpoint): Exchange {
  const { protocol, hostname, port, pathname } = new URL(url);
  const options: RequestOptions = {
    method: request.method,
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port,
    path: pathname.replace(/\/$/, "") + request.path,
    headers: {
      Accept: "application/json",
      "User-Agent": "connect-ctl",
      ...(request.body !== undefined && { "Content-Type": "application/json" }),
      ...(credentials && { Authorization: basic(credentials) }),
      ...request.headers,
    },
    // A command ends soon: a connection that is kept would only be one that may break.
    agent: false,
    ...(request.signal && { signal: request.signal }),
  };
  const secure = protocol === "https:";
  const outgoing = secure ? httpsRequest({ ...tls, ...options }) : httpRequest(options);
  let connected = false;
  const tooSlow = setTimeout(
    () => outgoing.destroy(new Error(`no connection within ${CONNECT_MS / 1000} s`)),
    CONNECT_MS,
  );
  outgoing.once("close", () => clearTimeout(tooSlow));
  outgoing.once("socket", (socket) =>
    socket.once(secure ? "secureConnect" : "connect", () => {
      connected = true;
      clearTimeout(tooSlow);
    }),
  );
  const incoming = responseOf(outgoing);
  outgoing.end(request.body);
  return { incoming, connected: () => connected };
}

function responseOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on("error", reject);
    outgoing.once("response", resolve);
  });
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > LARGEST_ANSWER_BYTES) throw new Error(`the answer is too large`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function basic({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** A worker took the request, and what became of it is not known. */
function lost({ method, path, signal }: HttpRequest, url: string, error: Error): Error {
  if (signal?.aborted && (signal.reason as Error).name !== "TimeoutError") return error;
  const reason = signal?.aborted ? `no answer within ${ANSWER_MS / 1000} s` : reasonOf(error);
  const doubt = method === "GET" ? "" : " Whether it was carried out is not known.";
  return new UnreachableError(`${url} took ${method} ${path}, then: ${reason}.${doubt}`, {
    cause: error,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there (connection refused)",
  ECONNRESET: "the connection broke off",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host's name cannot be looked up now",
  EHOSTUNREACH: "the host cannot be reached",
  ETIMEDOUT: "the host does not answer",
  EPROTO: "it does not speak TLS: is it http:// instead of https://?",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS: is it http:// instead of https://?",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host name",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed: give it, or its CA, with --ca",
  SELF_SIGNED_CERT_IN_CHAIN: "its CA is not known here: give the CA's certificate with --ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "its CA is not known here: give the CA's certificate with --ca",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its CA is not known here: give the CA's certificate with --ca",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    "it wants a client certificate: give one with --cert and --key",
};

function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return (code && REASONS[code]) || error.message || (code ?? "the connection failed");
}
