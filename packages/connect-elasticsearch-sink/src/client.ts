import { Client, type ClientOptions, errors } from "@elastic/elasticsearch";
import type { Config } from "./config.ts";
import type { Mapping } from "./document/mapping.ts";
import { parseNodes } from "./nodes.ts";
import type { ItemResult } from "./bulk/outcome.ts";
import { remedyFor } from "./remedies.ts";
import { isTransientStatus, RequestError } from "./request-error.ts";

/** Without it the answer to 2000 documents has 400 KB, of which nothing else is looked at. */
const BULK_ANSWER =
  "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by.reason";

type Method = "GET" | "HEAD" | "POST" | "PUT";

interface Request {
  /** For messages: "write 2 records". */
  readonly what: string;
  readonly method: Method;
  readonly path: string;
  readonly querystring?: string;
  readonly body?: object;
  readonly bulkBody?: Buffer;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The few requests this connector makes, through the official client's transport: it
 * speaks to the nodes in turn and to failed ones less often. Each method makes one
 * request; retrying is the caller's.
 */
export class ElasticsearchClient {
  readonly #client: Client;
  readonly #config: Config;

  constructor(config: Config) {
    this.#config = config;
    this.#client = new Client(clientOptions(config));
  }

  /**
   * @param body newline-delimited JSON
   * @returns one result per operation, in order
   * @throws {RequestError} when the request failed as a whole
   */
  async bulk(body: Buffer, count: number, signal: AbortSignal): Promise<readonly ItemResult[]> {
    const what = `write ${count} records`;
    const answer = await this.#request({
      what,
      method: "POST",
      path: "/_bulk",
      querystring: BULK_ANSWER,
      bulkBody: body,
      signal,
    });
    const { items } = (answer ?? {}) as { items?: readonly Record<string, ItemResult>[] };
    if (items?.length !== count) {
      throw new RequestError(
        `Cannot ${what}: the answer is not that of Elasticsearch; check connection.url and proxies on the way`,
        { transient: true },
      );
    }
    // Each item has one member, named after its operation.
    return items.map((item) => Object.values(item)[0] as ItemResult);
  }

  /**
   * Asks a node how the cluster is. Being told that this user may not know is an answer
   * too: `GET /` would need the same privilege, which writing does not.
   * @throws {RequestError} when no usable answer came
   */
  async ping(signal: AbortSignal): Promise<void> {
    try {
      await this.#request({
        what: "connect",
        method: "GET",
        path: "/_cluster/health",
        querystring: "filter_path=status",
        signal,
      });
    } catch (error) {
      if (!(error instanceof RequestError) || error.status !== 403) throw error;
    }
  }

  async indexExists(index: string, signal?: AbortSignal): Promise<boolean> {
    const what = `look for index ${index}`;
    return (await this.#request({ what, method: "HEAD", path: pathOf(index), signal })) === true;
  }

  /** Creates an index; that it exists already is fine. */
  async createIndex(index: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#request({
        what: `create index ${index}`,
        method: "PUT",
        path: pathOf(index),
        signal,
      });
    } catch (error) {
      const exists =
        error instanceof RequestError && error.type === "resource_already_exists_exception";
      if (!exists) throw error;
    }
  }

  /** True when any field of the index, or of one behind the alias, is mapped. */
  async hasMapping(index: string, signal?: AbortSignal): Promise<boolean> {
    const answer = await this.#request({
      what: `read the mapping of index ${index}`,
      method: "GET",
      path: `${pathOf(index)}/_mapping`,
      signal,
    });
    const indices = answer as Record<string, { readonly mappings?: object }>;
    return Object.values(indices).some(({ mappings = {} }) => Object.keys(mappings).length > 0);
  }

  async putMapping(index: string, mapping: Mapping, signal?: AbortSignal): Promise<void> {
    await this.#request({
      what: `create the mapping of index ${index}`,
      method: "PUT",
      path: `${pathOf(index)}/_mapping`,
      body: mapping,
      signal,
    });
  }

  /** Closes all connections once their requests have ended. */
  async close(): Promise<void> {
    await this.#client.close();
  }

  async #request(request: Request): Promise<unknown> {
    const { what, signal, ...params } = request;
    try {
      return await this.#client.transport.request(params, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw this.#explain(what, error);
    }
  }

  /**
   * Our error for the driver's, which is not kept: it holds the request's body and, deep
   * inside, the password (I5).
   */
  #explain(what: string, error: unknown): unknown {
    if (!(error instanceof errors.ElasticsearchClientError)) return error;
    const cause = new Error(`${error.name}: ${error.message}`);
    const cannot = `Cannot ${what} at ${hostOf(error) ?? this.#config["connection.url"].join(", ")}`;
    if (error instanceof errors.ResponseError) return this.#explainAnswer(cannot, error, cause);
    const why =
      error instanceof errors.TimeoutError
        ? `no answer within read.timeout.ms (${this.#config["read.timeout.ms"]} ms)`
        : error instanceof errors.ProductNotSupportedError
          ? "the server is not Elasticsearch 7.14 or newer; check connection.url"
          : `${error.message}; ${connectionRemedy(error.message)}`;
    return new RequestError(`${cannot}: ${why}`, { transient: true, cause });
  }

  #explainAnswer(cannot: string, error: errors.ResponseError, cause: Error): RequestError {
    const status = error.statusCode ?? 0;
    const { type, reason } = errorOf(error);
    const details = { status, type, transient: isTransientStatus(status), cause };
    switch (status) {
      case 401:
        return new RequestError(`${cannot}: ${this.#credentialsProblem()}`, details);
      case 413:
        return new RequestError(
          `${cannot}: the request is too large (413); lower bulk.size.bytes, or raise http.max_content_length of Elasticsearch and the limit of proxies on the way`,
          details,
        );
      default: {
        const why = [type, reason].filter(Boolean).join(": ") || "no reason given";
        // A HEAD has no body that would say more.
        const known = type ?? (status === 403 ? "security_exception" : "");
        return new RequestError(
          `${cannot}: status ${status}: ${why}${remedyFor(known, why)}`,
          details,
        );
      }
    }
  }

  #credentialsProblem(): string {
    const user = this.#config["connection.username"];
    return user === null
      ? "it asks for a user name and password (401): set connection.username and connection.password"
      : `it refused user name ${user} or its password (401): check connection.username and connection.password`;
  }
}

function clientOptions(config: Config): ClientOptions {
  const { "connection.username": username, "connection.password": password } = config;
  // A variable: the driver hands `connect` to undici as it is, but its type leaves it out.
  const agent = {
    connect: { timeout: config["connection.timeout.ms"] },
    keepAliveTimeout: config["max.connection.idle.time.ms"],
    keepAliveMaxTimeout: config["max.connection.idle.time.ms"],
  };
  return {
    nodes: parseNodes(config["connection.url"]).nodes.map((url) => ({ url })),
    maxRetries: 0,
    requestTimeout: config["read.timeout.ms"],
    compression: config["connection.compression"],
    ...(username !== null && password !== null
      ? { auth: { username, password: password.value() } }
      : {}),
    agent,
  };
}

function pathOf(index: string): string {
  return `/${encodeURIComponent(index)}`;
}

/** Scheme, host and port of the node that was spoken to. */
function hostOf(error: errors.ElasticsearchClientError): string | undefined {
  const { meta } = error as { meta?: { meta?: { connection?: { url?: URL } | null } } };
  return meta?.meta?.connection?.url?.origin;
}

/** What an answer says: Elasticsearch's error object, or a proxy's text. */
function errorOf(error: errors.ResponseError): { type?: string; reason?: string } {
  const body: unknown = error.body;
  if (typeof body === "string") return { reason: body.slice(0, 200) };
  const { error: inner } = (body ?? {}) as { error?: unknown };
  if (typeof inner === "string") return { reason: inner };
  const { type, reason } = (inner ?? {}) as { type?: string; reason?: string };
  return { ...(type !== undefined && { type }), ...(reason !== undefined && { reason }) };
}

function connectionRemedy(message: string): string {
  return /certificate|altnames|self.signed|SSL|TLS/i.test(message)
    ? "check that connection.url has the host name of the certificate, and name the authority that issued it in NODE_EXTRA_CA_CERTS"
    : "check connection.url, and that the server runs and can be reached from here";
}
