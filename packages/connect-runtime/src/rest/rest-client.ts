import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { TlsSettings } from "@millrace/kafka-client";
import { RestError } from "./rest-error.ts";

/** As long as a herder may take for a request (Java: `RestRequestTimeout`). */
const TIMEOUT_MS = 90_000;
/** More than any answer of a worker; what sends more is none. */
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024;

export interface RestClientOptions {
  readonly timeoutMs?: number;
  /** How other workers' certificates are checked, and what shows them who asks. */
  readonly tls?: () => TlsSettings;
}

export interface RestRequest {
  readonly method: string;
  /** The other worker's REST API, with or without a slash at the end. */
  readonly base: string;
  /** Path and query, encoded, with a slash before; goes out byte by byte. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; empty: none. */
  readonly body?: Buffer;
  readonly signal?: AbortSignal;
}

export interface RestAnswer {
  /** 200 to 299. */
  readonly status: number;
  /** Undefined where the answer has none. */
  readonly body: { readonly text: string; readonly json: unknown } | undefined;
}

/**
 * Asks other workers of the cluster (Java: `RestClient`). Sends nothing but what it is given,
 * follows no redirects, uses no proxy, keeps no connections.
 */
export class RestClient {
  readonly #timeoutMs: number;
  readonly #tls: () => TlsSettings;

  /**
   * @param options.timeoutMs for a request with all of its answer
   * @param options.tls is asked before each request by https
   */
  constructor({ timeoutMs = TIMEOUT_MS, tls = () => ({}) }: RestClientOptions = {}) {
    this.#timeoutMs = timeoutMs;
    this.#tls = tls;
  }

  /**
   * @throws {RestError} the other worker's own error, with its status and message; 500 when it
   * cannot be reached, is too slow, or answers with what no worker would
   */
  async send(request: RestRequest): Promise<RestAnswer> {
    const late = AbortSignal.timeout(this.#timeoutMs);
    const signal = request.signal ? AbortSignal.any([late, request.signal]) : late;
    let exchange: Exchange;
    try {
      exchange = await this.#exchange(request, signal);
    } catch (error) {
      const why = late.aborted ? `no answer within ${this.#timeoutMs} ms` : reasonOf(error);
      throw failure(why, error);
    }
    return understood(exchange);
  }

  #exchange({ method, base, path, headers, body }: RestRequest, signal: AbortSignal) {
    return new Promise<Exchange>((resolve, reject) => {
      const { protocol, hostname, port, pathname } = new URL(base);
      const options: RequestOptions = {
        method,
        hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
        port,
        path: pathname.replace(/\/$/, "") + path,
        headers: {
          Accept: "application/json",
          "User-Agent": "kafka-connect",
          ...(body?.length && { "Content-Type": "application/json" }),
          ...headers,
        },
        agent: false,
        signal,
      };
      const outgoing =
        protocol === "https:"
          ? httpsRequest({ ...this.#tls(), ...options })
          : httpRequest({ ...options, protocol });
      outgoing.on("error", reject);
      outgoing.on("response", (incoming) => {
        textOf(incoming).then(
          (text) => resolve({ base, status: incoming.statusCode ?? 0, text }),
          reject,
        );
      });
      outgoing.end(body);
    });
  }
}

interface Exchange {
  readonly base: string;
  readonly status: number;
  readonly text: string;
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > LARGEST_ANSWER_BYTES) {
      throw new Error(`the answer is larger than ${LARGEST_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function understood({ base, status, text }: Exchange): RestAnswer {
  if (status < 200 || (status > 299 && status < 400) || status > 599) {
    throw new RestError(500, `Unexpected status code when handling forwarded request: ${status}`);
  }
  if (status < 300 && text === "") return { status, body: undefined };
  let json: unknown;
  try {
    json = JSON.parse(text) as unknown;
  } catch (error) {
    throw failure(`the answer of ${base}, with status ${status}, is not JSON`, error);
  }
  if (typeof json !== "object" || json === null) {
    throw failure(`the answer of ${base}, with status ${status}, is not an object`);
  }
  if (status < 300) return { status, body: { text, json } };
  const { message } = json as { message?: unknown };
  if (typeof message === "string") throw new RestError(status, message);
  throw failure(`the error of ${base}, with status ${status}, says nothing`);
}

function failure(why: string, cause?: unknown): RestError {
  return new RestError(500, `IO Error trying to forward REST request: ${why}`, { cause });
}

/** What helps where two workers do not trust each other; Java's messages do not say. */
const UNTRUSTED =
  "Put the authority that has signed the other worker's certificate into this worker's ssl.truststore.location (listeners.https.ssl.truststore.location)";
const TLS_REMEDY: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID:
    "Advertise the worker under a name of its certificate (rest.advertised.host.name), or switch the check off with an empty ssl.endpoint.identification.algorithm (listeners.https.ssl.endpoint.identification.algorithm)",
  // Another authority of the same name.
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_HAS_EXPIRED: "Renew the other worker's certificate",
};

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // The words that clients of a Java worker know when its leader is gone.
  if (code === "ECONNREFUSED") return "java.net.ConnectException: Connection refused";
  const remedy = code === undefined ? undefined : TLS_REMEDY[code];
  if (remedy !== undefined) return `${message}. ${remedy}`;
  return message || (code ?? "the connection failed");
}
