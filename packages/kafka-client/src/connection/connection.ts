import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions as TlsOptions } from "node:tls";

import { KafkaError, answerOf, type Answer } from "../errors.ts";
import {
  Reader,
  Writer,
  apiVersionsV0,
  apiVersionsV3,
  protocolAPIsById,
  saslAuthenticateV1,
  saslAuthenticateV2,
  saslHandshakeV1,
  type Callback,
  type ResponseParser,
} from "../protocol.ts";
import { FrameReader } from "./frames.ts";
import { SaslFailure, authenticate, type SaslOptions } from "./sasl.ts";

/** One API in one version, as the library's codecs export it, or an adapter around one. */
export interface ProtocolApi<A extends unknown[], R> {
  readonly key: number;
  readonly version: number;
  // The library declares its own Connection class here; all its codecs call is `send`.
  async(connection: never, ...args: A): Promise<R>;
}

export interface ConnectionOptions {
  host: string;
  port: number;
  clientId: string;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  tls?: TlsOptions | undefined;
  sasl?: SaslOptions | undefined;
  /** Called once, after every request in flight was answered with the error. */
  onClose?: (connection: Connection) => void;
}

interface Pending {
  readonly correlationId: number;
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly parse: ResponseParser<unknown>;
  readonly taggedHeader: boolean;
  readonly callback: Callback<unknown>;
  readonly timer: NodeJS.Timeout;
}

const NAME = "millrace";
const VERSION = "0.1.0";
/** Buffers smaller than this are joined; larger ones (record batches) go to the socket as they are. */
const JOIN_BELOW = 8192;
/** Until the first answer we can't know that it is Kafka that answers. */
const MAX_FIRST_FRAME = 1 << 20;
const MAX_FRAME = 0x7fffffff;

/**
 * One authenticated connection to one broker. Requests are pipelined; Kafka answers them in order.
 * It never reconnects: when it breaks, everything in flight fails with DISCONNECTED and `open` is false.
 */
export class Connection {
  readonly broker: string;
  readonly #options: ConnectionOptions;
  readonly #pending: Pending[] = [];
  readonly #versions = new Map<number, { min: number; max: number }>();
  readonly #frames = new FrameReader((frame) => this.#onFrame(frame), MAX_FIRST_FRAME);
  #socket!: Socket;
  #correlationId = 0;
  /** The broker answered more than ApiVersions. */
  #admitted = false;
  #closed: KafkaError | undefined;
  #lastUsed = Date.now();
  #expiresAt = Infinity;

  private constructor(options: ConnectionOptions) {
    this.#options = options;
    this.broker = `${options.host}:${options.port}`;
  }

  /**
   * Connects, asks for the broker's API versions and authenticates.
   * @throws KafkaError DISCONNECTED (retriable), SASL_AUTHENTICATION_FAILED, UNSUPPORTED_SASL_MECHANISM,
   *   SSL_HANDSHAKE_FAILED
   */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options);
    await connection.#connect();
    try {
      await connection.#loadVersions();
      if (options.sasl !== undefined) await connection.#authenticate(options.sasl);
    } catch (error) {
      connection.close();
      throw error;
    }
    return connection;
  }

  get open(): boolean {
    return this.#closed === undefined;
  }

  /** Requests sent and not answered. */
  get inFlight(): number {
    return this.#pending.length;
  }

  /** Epoch milliseconds of the last request or answer. */
  get lastUsed(): number {
    return this.#lastUsed;
  }

  /**
   * The SASL session ends soon (KIP-368). We make a new connection in time instead of
   * authenticating again on this one, so that nothing in flight has to wait.
   */
  get expired(): boolean {
    return Date.now() >= this.#expiresAt;
  }

  /** The first of `apis` (newest first) that the broker speaks. */
  negotiate<A extends unknown[], R>(apis: readonly ProtocolApi<A, R>[]): ProtocolApi<A, R> {
    const name = protocolAPIsById[apis[0]?.key ?? -1] ?? "?";
    const range = this.#versions.get(apis[0]?.key ?? -1);
    const api = range && apis.find(({ version }) => version >= range.min && version <= range.max);
    if (api !== undefined) return api;
    throw new KafkaError(
      "UNSUPPORTED_VERSION",
      `The broker at ${this.broker} ` +
        (range === undefined
          ? `does not know ${name}`
          : `speaks ${name} in versions ${range.min} to ${range.max}, none of which is ours`) +
        "; use a broker of version 3.0 or newer",
      { broker: this.broker },
    );
  }

  /** Sends one request. Error codes inside the answer are data. */
  async call<A extends unknown[], R>(
    api: ProtocolApi<A, R>,
    args: A,
    timeoutMs: number = this.#options.requestTimeoutMs,
  ): Promise<Answer<R>> {
    // What a codec calls on its connection; the one way to give each request its own timeout.
    const sender = {
      send: (
        apiKey: number,
        apiVersion: number,
        createPayload: () => Writer,
        parse: ResponseParser<unknown>,
        taggedRequest: boolean,
        taggedResponse: boolean,
        callback: Callback<unknown>,
      ) => {
        const request = { apiKey, apiVersion, parse, taggedHeader: taggedResponse, callback };
        this.#send(request, createPayload(), taggedRequest, timeoutMs);
      },
    };
    try {
      return { answer: await api.async(sender as never, ...args), error: undefined };
    } catch (thrown) {
      const attempted = `send ${protocolAPIsById[api.key]} v${api.version}`;
      return answerOf(thrown, attempted, { broker: this.broker });
    }
  }

  /** Fails what is in flight with `reason`. */
  close(reason?: KafkaError): void {
    if (this.#closed !== undefined) return;
    const error = reason ?? this.#disconnected("the connection was closed");
    this.#closed = error;
    this.#socket.destroy();
    for (const { timer, callback } of this.#pending.splice(0)) {
      clearTimeout(timer);
      callback(error);
    }
    this.#options.onClose?.(this);
  }

  #connect(): Promise<void> {
    const { tls, connectTimeoutMs } = this.#options;
    const socket = (this.#socket = this.#makeSocket());
    socket.setKeepAlive(true);
    socket.on("data", (chunk: Buffer) => {
      try {
        this.#frames.push(chunk);
      } catch (cause) {
        const why =
          "what listens there does not speak Kafka; check host, port and security.protocol";
        this.close(this.#disconnected(why, cause));
      }
    });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        socket.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
      }, connectTimeoutMs);
      socket.once(tls === undefined ? "connect" : "secureConnect", () => {
        clearTimeout(timer);
        resolve();
      });
      const fail = (error: KafkaError) => {
        clearTimeout(timer);
        reject(error);
        this.close(error);
      };
      socket.on("error", (cause) => fail(connectError(this.broker, tls !== undefined, cause)));
      socket.on("close", () => fail(this.#disconnected(this.#endHint())));
    });
  }

  /** autoSelectFamily tries every address of the name, as client.dns.lookup=use_all_dns_ips does. */
  #makeSocket(): Socket {
    const { host, port, tls } = this.#options;
    const target = { host, port, noDelay: true, autoSelectFamily: true };
    if (tls === undefined) return connectTcp(target);
    const serverName = isIP(host) === 0 ? { servername: host } : {};
    return connectTls({ ...serverName, ...tls, ...target } as TlsOptions);
  }

  /**
   * Brokers close without a word what doesn't fit the listener's security protocol. Where a login is
   * missing they do so after ApiVersions, which anyone may ask for.
   */
  #endHint(): string {
    return !this.#admitted
      ? "the broker closed it before it answered; check that security.protocol fits the listener"
      : "the broker closed it";
  }

  #disconnected(why: string, cause?: unknown): KafkaError {
    return new KafkaError("DISCONNECTED", `Connection to ${this.broker} is gone: ${why}`, {
      broker: this.broker,
      cause,
    });
  }

  async #loadVersions(): Promise<void> {
    let result = await this.call(apiVersionsV3.api, [NAME, VERSION]);
    if (result.error?.code === "UNSUPPORTED_VERSION")
      result = await this.call(apiVersionsV0.api, [NAME, VERSION]);
    if (result.error !== undefined) throw result.error;
    for (const { apiKey, minVersion, maxVersion } of result.answer.apiKeys)
      this.#versions.set(apiKey, { min: minVersion, max: maxVersion });
    this.#frames.maxSize = MAX_FRAME;
  }

  async #authenticate(sasl: SaslOptions): Promise<void> {
    const handshake = await this.call(saslHandshakeV1.api, [sasl.mechanism]);
    if (handshake.error !== undefined) {
      const enabled = handshake.answer.mechanisms.join(", ");
      throw new KafkaError(
        handshake.error.code,
        `The broker at ${this.broker} refuses sasl.mechanism ${sasl.mechanism}; ` +
          (enabled
            ? `it enables ${enabled}`
            : "its listener takes no logins: check security.protocol"),
        { broker: this.broker, retriable: false },
      );
    }
    const api = this.negotiate<[Buffer], SaslAnswer>([
      saslAuthenticateV2.api,
      saslAuthenticateV1.api,
    ]);
    let lifetimeMs = 0;
    const exchange = async (bytes: Buffer): Promise<Buffer> => {
      const { answer, error } = await this.call(api, [bytes]);
      if (error !== undefined)
        throw error.code === "SASL_AUTHENTICATION_FAILED"
          ? new SaslFailure(answer.errorMessage ?? "the broker refused the credentials")
          : error;
      lifetimeMs = Number(answer.sessionLifetimeMs);
      return answer.authBytes;
    };
    try {
      await authenticate(sasl, exchange);
    } catch (cause) {
      if (!(cause instanceof SaslFailure)) throw cause;
      throw new KafkaError(
        "SASL_AUTHENTICATION_FAILED",
        `The broker at ${this.broker} refused the ${sasl.mechanism} credentials` +
          `${"username" in sasl ? ` of user ${sasl.username}` : ""}: ${cause.message}` +
          "; check sasl.jaas.config",
        { broker: this.broker, cause },
      );
    }
    // Java renews after a random 85 to 95 percent of the session (SaslClientAuthenticator).
    if (lifetimeMs > 0) this.#expiresAt = Date.now() + lifetimeMs * (0.85 + 0.1 * Math.random());
  }

  #send(
    request: Omit<Pending, "correlationId" | "timer">,
    payload: Writer,
    taggedRequest: boolean,
    timeoutMs: number,
  ): void {
    if (this.#closed !== undefined) {
      request.callback(this.#closed);
      return;
    }
    const correlationId = (this.#correlationId = (this.#correlationId + 1) & 0x7fffffff);
    const header = Writer.create()
      .appendInt16(request.apiKey)
      .appendInt16(request.apiVersion)
      .appendInt32(correlationId)
      .appendString(this.#options.clientId, false);
    if (taggedRequest) header.appendTaggedFields();
    header.appendFrom(payload).prependLength();
    this.#lastUsed = Date.now();
    const timer = setTimeout(() => {
      const api = protocolAPIsById[request.apiKey];
      const message = `No answer from ${this.broker} to ${api} within ${timeoutMs} ms`;
      this.close(new KafkaError("REQUEST_TIMEOUT", message, { broker: this.broker }));
    }, timeoutMs);
    if (payload.context["noResponse"] === true) {
      // Answered once the socket has taken everything: until then it reads the caller's buffers.
      this.#write(header.buffers, (error) => {
        clearTimeout(timer);
        request.callback(error ? this.#lost(error) : null);
      });
      return;
    }
    this.#write(header.buffers);
    this.#pending.push({ ...request, correlationId, timer });
  }

  /** One writev: small parts joined, record batches by reference. */
  #write(buffers: readonly Buffer[], onWritten?: (error?: Error | null) => void): void {
    const parts: Buffer[] = [];
    let small: Buffer[] = [];
    for (const buffer of buffers) {
      if (buffer.length < JOIN_BELOW) {
        small.push(buffer);
        continue;
      }
      if (small.length > 0) parts.push(Buffer.concat(small));
      small = [];
      parts.push(buffer);
    }
    if (small.length > 0) parts.push(Buffer.concat(small));
    const last = parts.pop() ?? Buffer.alloc(0);
    this.#socket.cork();
    for (const part of parts) this.#socket.write(part);
    this.#socket.write(last, onWritten);
    this.#socket.uncork();
  }

  #lost(cause: Error): KafkaError {
    return this.#closed ?? this.#disconnected(cause.message, cause);
  }

  #onFrame(frame: Buffer): void {
    const pending = this.#pending.shift();
    if (pending === undefined || frame.readInt32BE(0) !== pending.correlationId) {
      if (pending !== undefined) this.#pending.unshift(pending);
      this.close(this.#disconnected("it answered a request that was not the next one"));
      return;
    }
    clearTimeout(pending.timer);
    this.#lastUsed = Date.now();
    const { apiKey, apiVersion, parse, callback, correlationId } = pending;
    this.#admitted ||= apiKey !== apiVersionsV3.api.key;
    let answer: unknown;
    try {
      const reader = Reader.from(frame.subarray(4));
      if (pending.taggedHeader) reader.readTaggedFields();
      answer = parse(correlationId, apiKey, apiVersion, reader);
    } catch (error) {
      callback(error as Error);
      return;
    }
    callback(null, answer);
  }
}

interface SaslAnswer {
  errorMessage?: string | null | undefined;
  authBytes: Buffer;
  sessionLifetimeMs: bigint;
}

const NETWORK_ERROR = /^(ECONN|EHOST|ENET|ETIMEDOUT|ENOTFOUND|EAI_|EPIPE|EADDR|EMFILE|ENFILE)/;

/** TLS failures won't heal by trying again (Java: SslAuthenticationException), others may. */
function connectError(broker: string, tls: boolean, cause: Error): KafkaError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  // One error for each address that was tried has an empty message of its own.
  const all = cause instanceof AggregateError ? (cause.errors as Error[]) : [cause];
  const reason = all.map(({ message }) => message).join(", ");
  if (!tls || code === "" || NETWORK_ERROR.test(code)) {
    const hint = /before secure TLS connection/.test(reason)
      ? "; check that security.protocol fits the listener"
      : "";
    const message = `Connection to ${broker} failed: ${reason}${hint}`;
    return new KafkaError("DISCONNECTED", message, { broker, cause });
  }
  return new KafkaError(
    "SSL_HANDSHAKE_FAILED",
    `TLS handshake with ${broker} failed: ${reason}; ` +
      "check security.protocol, the ssl.* settings and the broker's certificate",
    { broker, retriable: false, cause },
  );
}
