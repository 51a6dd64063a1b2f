import { errors } from "@elastic/transport";
import type { ItemResult } from "../bulk/outcome.ts";
import type { Config } from "../config/config.ts";
import type { Mapping } from "../document/mapping.ts";
import { explainError } from "./explain-error.ts";
import { RequestError } from "./request-error.ts";
import { connect, type Connections } from "./transport.ts";

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

/** The few requests this connector makes. Each method makes one; retrying is the caller's. */
export class ElasticsearchClient {
  readonly #config: Config;
  readonly #connections: Connections;
  #isOpenSearch = false;

  constructor(config: Config) {
    this.#config = config;
    this.#connections = connect(config);
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

  /** True when there is an index, a data stream or an alias of this name. */
  exists(name: string, signal?: AbortSignal): Promise<boolean> {
    return this.#isThere(`look for index ${name}`, pathOf(name), signal);
  }

  aliasExists(name: string, signal?: AbortSignal): Promise<boolean> {
    return this.#isThere(`look for alias ${name}`, `/_alias${pathOf(name)}`, signal);
  }

  async dataStreamExists(name: string, signal?: AbortSignal): Promise<boolean> {
    const what = `look for data stream ${name}`;
    try {
      await this.#request({ what, method: "GET", path: `/_data_stream${pathOf(name)}`, signal });
      return true;
    } catch (error) {
      if (error instanceof RequestError && error.status === 404) return false;
      throw error;
    }
  }

  /** Creates an index; that it exists already is fine. */
  createIndex(index: string, signal?: AbortSignal): Promise<void> {
    return this.#create(`create index ${index}`, pathOf(index), signal);
  }

  /** Creates a data stream, by the index template that fits its name; that it exists is fine. */
  createDataStream(name: string, signal?: AbortSignal): Promise<void> {
    return this.#create(`create data stream ${name}`, `/_data_stream${pathOf(name)}`, signal);
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
    await this.#connections.close();
  }

  async #isThere(what: string, path: string, signal: AbortSignal | undefined): Promise<boolean> {
    return (await this.#request({ what, method: "HEAD", path, signal })) === true;
  }

  async #create(what: string, path: string, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#request({ what, method: "PUT", path, signal });
    } catch (error) {
      const exists =
        error instanceof RequestError && error.type === "resource_already_exists_exception";
      if (!exists) throw error;
    }
  }

  async #request(request: Request): Promise<unknown> {
    const { what, signal, ...params } = request;
    try {
      const answer = await this.#connections.transport.request(params, {
        meta: true,
        ...(signal !== undefined && { signal }),
      });
      if (answer.headers["x-elastic-product"] !== "Elasticsearch" && !this.#isOpenSearch) {
        await this.#expectOpenSearch(what, signal);
      }
      return answer.body;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw explainError(what, error, this.#config);
    }
  }

  /**
   * What does not say with each answer that it is Elasticsearch is asked once what it is.
   * Otherwise a wrong address, or a proxy that answers itself, would pass for a server.
   */
  async #expectOpenSearch(what: string, signal: AbortSignal | undefined): Promise<void> {
    this.#isOpenSearch = await this.#asksForOpenSearch(signal);
    if (this.#isOpenSearch) return;
    throw new RequestError(
      `Cannot ${what} at ${this.#config["connection.url"].join(", ")}: the server is neither Elasticsearch 7.14 or newer nor OpenSearch; check connection.url`,
      { transient: true },
    );
  }

  async #asksForOpenSearch(signal: AbortSignal | undefined): Promise<boolean> {
    const root = { method: "GET", path: "/" };
    try {
      const body = await this.#connections.transport.request(root, signal && { signal });
      const { version } = (body ?? {}) as { version?: { distribution?: string } };
      return version?.distribution === "opensearch";
    } catch (error) {
      if (!(error instanceof errors.ResponseError)) throw error;
      const { error: refusal } = (error.body ?? {}) as { error?: { type?: string } };
      // It may be written to by users who may not know what it is.
      return error.statusCode === 403 && refusal?.type === "security_exception";
    }
  }
}

function pathOf(index: string): string {
  return `/${encodeURIComponent(index)}`;
}
