import { brotliDecompress, gunzip, inflate } from "node:zlib";
import { promisify } from "node:util";
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import { isTlsProblem, refusedByProxy, wasNotSent } from "./connection-failures.ts";
import { RequestError } from "./request-error.ts";
import { redirected } from "./redirect.ts";
import type { Secrets } from "./secrets.ts";
import { shownUrl } from "./shown-url.ts";
import type { TlsSettings } from "./tls.ts";

/** Of an error's body this much is shown. */
const SHOWN_CHARS = 1024;
/** The rest of a body up to this many bytes is read, so that the connection can be used again. */
const DRAINED_BYTES = 64 * 1024;
const MAX_REDIRECTS = 5;

export interface ClientSettings {
  readonly connectTimeoutMs: number;
  /** From the beginning of a request to the end of its answer. */
  readonly requestTimeoutMs: number;
  /** The key under which the time is configured, for messages. */
  readonly requestTimeoutKey: string;
  readonly followRedirects: boolean;
  readonly proxy: { readonly url: string; readonly authorization: string | null } | null;
  readonly tls: TlsSettings;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** By name in lower case; of several with one name, joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** From `send` the beginning of an error's body, from `get` the whole body. */
  readonly body: string;
  /** Where the answer comes from, after redirects. */
  readonly url: string;
}

/**
 * Makes HTTP requests, one attempt each, through undici. A status is an answer, whatever it
 * says; only what gives no answer is an error.
 */
export class HttpClient {
  readonly #settings: ClientSettings;
  readonly #secrets: Secrets;
  readonly #dispatcher: Dispatcher;
  /** For other hosts, to which a redirect leads: no client certificate is shown to them. */
  #foreign: Dispatcher | undefined;

  constructor(settings: ClientSettings, secrets: Secrets) {
    this.#settings = settings;
    this.#secrets = secrets;
    this.#dispatcher = dispatcherOf(settings, settings.tls);
  }

  /**
   * Sends a request of which only the status matters. Once it is there the server has
   * decided: a body that then breaks off, lies about its length or has no end changes nothing.
   * @throws {RequestError} when no answer came; the signal's reason when it is aborted
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#request(request, signal, async (answer) => {
      if (isSuccess(answer.statusCode)) {
        await answer.body.dump({ limit: DRAINED_BYTES }).catch(() => undefined);
        return "";
      }
      return this.#secrets.hide(await beginningOf(answer));
    });
  }

  /**
   * Makes a request whose whole answer matters.
   * @param maxBytes a larger body is refused
   * @throws {RequestError} when no complete answer came; the signal's reason when it is aborted
   */
  get(request: HttpRequest, maxBytes: number, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#request(request, signal, async (answer, url) => {
      if (!isSuccess(answer.statusCode)) return this.#secrets.hide(await beginningOf(answer));
      const bytes = await wholeBody(answer, maxBytes, url);
      return new TextDecoder().decode(await decoded(answer, bytes, maxBytes, url));
    });
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy();
    await this.#foreign?.destroy();
  }

  async #request(
    request: HttpRequest,
    signal: AbortSignal,
    read: (answer: Dispatcher.ResponseData, url: string) => Promise<string>,
  ): Promise<HttpAnswer> {
    signal.throwIfAborted();
    const time = new AbortController();
    const abort = () => time.abort();
    const timer = setTimeout(abort, this.#settings.requestTimeoutMs);
    signal.addEventListener("abort", abort);
    try {
      let next = request;
      for (let hops = 0; ; hops++) {
        const answer = await this.#dispatch(next, request, time.signal);
        const follow =
          this.#settings.followRedirects && hops < MAX_REDIRECTS
            ? redirected(next, answer.statusCode, headerOf(answer, "location"))
            : undefined;
        if (follow === undefined) {
          const body = await read(answer, next.url);
          return { status: answer.statusCode, headers: headersOf(answer), body, url: next.url };
        }
        await answer.body.dump({ limit: DRAINED_BYTES });
        next = follow;
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw this.#explain(request, error, time.signal.aborted);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  #dispatch(
    request: HttpRequest,
    first: HttpRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { origin, pathname, search } = new URL(request.url);
    const isHome = origin === new URL(first.url).origin;
    const { cert: _cert, key: _key, pfx: _pfx, passphrase: _phrase, ...trust } = this.#settings.tls;
    const dispatcher = isHome
      ? this.#dispatcher
      : (this.#foreign ??= dispatcherOf(this.#settings, trust));
    return dispatcher.request({
      origin,
      path: pathname + search,
      method: request.method,
      headers: request.headers,
      body: request.body,
      signal,
    });
  }

  /** Our error for undici's, which may hold the request with its headers (I5). */
  #explain({ method, url }: HttpRequest, error: unknown, timedOut: boolean): unknown {
    if (error instanceof RequestError) return error;
    const { message, name } = error as Error;
    const code = (error as { code?: unknown }).code;
    const cause = new Error(this.#secrets.hide(`${name}: ${message}`));
    const cannot = `No answer to ${method} ${shownUrl(url)}`;
    const { requestTimeoutKey: key, requestTimeoutMs: ms } = this.#settings;
    if (timedOut) {
      const why = `${cannot} within ${ms} ms (${key})`;
      return new RequestError(why, { transient: true, sent: true, cause });
    }
    const why = this.#secrets.hide(message || String(code));
    const proxyStatus = refusedByProxy(message);
    if (proxyStatus !== undefined) {
      return new RequestError(
        `${cannot}: the proxy answers ${proxyStatus}${proxyStatus === 407 ? "; check its user and password (http.proxy.*)" : ""}`,
        { transient: proxyStatus !== 407, sent: false, cause },
      );
    }
    if (isTlsProblem(code, message)) {
      return new RequestError(
        `${cannot}: ${why}; check that the address has the host name of the certificate, and that the authority that issued it is trusted`,
        { transient: false, sent: false, cause },
      );
    }
    return new RequestError(`${cannot}: ${why}`, {
      transient: true,
      sent: !wasNotSent(code),
      cause,
    });
  }
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function dispatcherOf(settings: ClientSettings, tls: TlsSettings): Dispatcher {
  const { connectTimeoutMs, proxy } = settings;
  // One timer of ours covers a whole request.
  const options = { headersTimeout: 0, bodyTimeout: 0, pipelining: 1 };
  const connect = { ...tls, timeout: connectTimeoutMs };
  if (proxy === null) return new Agent({ ...options, connect });
  return new ProxyAgent({
    ...options,
    uri: proxy.url,
    ...(proxy.authorization !== null && { token: proxy.authorization }),
    requestTls: connect,
    proxyTls: { timeout: connectTimeoutMs },
  });
}

async function beginningOf({ body }: Dispatcher.ResponseData): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk as Buffer, { stream: true });
      if (text.length >= SHOWN_CHARS) break;
    }
  } catch {
    // The status is known; what there is of the body only explains it.
  }
  return text.slice(0, SHOWN_CHARS);
}

async function wholeBody(
  { body }: Dispatcher.ResponseData,
  maxBytes: number,
  url: string,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(url, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

async function decoded(
  answer: Dispatcher.ResponseData,
  bytes: Buffer,
  maxBytes: number,
  url: string,
): Promise<Buffer> {
  const encoding = headerOf(answer, "content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "" || bytes.length === 0) return bytes;
  const decode = DECODERS[encoding];
  if (decode === undefined) {
    throw new RequestError(
      `${shownUrl(url)} answers with content-encoding ${encoding}, which was not asked for`,
      { transient: false, sent: true },
    );
  }
  try {
    return await decode(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(url, maxBytes);
    throw error;
  }
}

const DECODERS: Readonly<
  Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

function tooLarge(url: string, maxBytes: number): RequestError {
  return new RequestError(
    `The answer of ${shownUrl(url)} has more than ${maxBytes} bytes (response.max.bytes); ask for smaller pages, or raise the limit`,
    { transient: false, sent: true },
  );
}

function headerOf(answer: Dispatcher.ResponseData, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

function headersOf(answer: Dispatcher.ResponseData): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const name of Object.keys(answer.headers)) headers[name] = headerOf(answer, name) ?? "";
  return headers;
}
