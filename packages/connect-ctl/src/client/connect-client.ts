import { setTimeout as sleep } from "node:timers/promises";
import type {
  Config,
  ConnectorEvent,
  ConnectorHealth,
  ConnectorInfo,
  ConnectorStatus,
  Creation,
  ConfigInfo,
  Expanded,
  KeyDefinition,
  LoggerLevel,
  LogLine,
  Offset,
  Plugin,
  ServerInfo,
  Validation,
  WorkerHealth,
} from "./answers.ts";
import { RefusedError } from "./errors.ts";
import type { HttpAnswer, HttpClient, HttpStream } from "./http.ts";
import { parseExactJson } from "./json.ts";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2_000;
/** No error of a worker is longer than what a person reads. */
const LONGEST_PAGE = 200;

export interface ConnectClientOptions {
  /**
   * How long a request that meets a rebalance (409) is sent again, in milliseconds. Kafka
   * Connect carries out nothing of such a request. Default: 30,000.
   */
  readonly rebalanceMs?: number;
  /** Called the first time a request has to wait for a rebalance. */
  readonly onRebalance?: (reason: string) => void;
  /** Ends everything that is under way. */
  readonly signal?: AbortSignal;
}

export interface RestartOptions {
  readonly includeTasks: boolean;
  readonly onlyFailed: boolean;
}

/**
 * Kafka Connect's REST API, of any worker since Kafka 2.3. Each method is one request;
 * its errors are `RefusedError` with the worker's words, and `UnreachableError`.
 */
export class ConnectClient {
  readonly http: HttpClient;
  readonly #rebalanceMs: number;
  readonly #onRebalance: (reason: string) => void;
  readonly #signal: AbortSignal | undefined;

  constructor(http: HttpClient, options: ConnectClientOptions = {}) {
    this.http = http;
    this.#rebalanceMs = options.rebalanceMs ?? 30_000;
    this.#onRebalance = options.onRebalance ?? (() => undefined);
    this.#signal = options.signal;
  }

  server(): Promise<ServerInfo> {
    return this.#ask("GET", "/");
  }

  /** Also of a worker that is not healthy. @throws {RefusedError} 404 by one before Kafka 3.9 */
  async health(): Promise<WorkerHealth> {
    const answer = await this.#send("GET", "/health");
    const health = jsonOf<WorkerHealth>(answer);
    if (typeof health?.status === "string") return health;
    throw refusal("GET /health", answer);
  }

  names(): Promise<string[]> {
    return this.#ask("GET", "/connectors");
  }

  /** Those of which a status is known already. */
  expanded(): Promise<Readonly<Record<string, Expanded>>> {
    return this.#ask("GET", "/connectors?expand=status&expand=info");
  }

  info(name: string): Promise<ConnectorInfo> {
    return this.#ask("GET", pathOf(name));
  }

  config(name: string): Promise<Config> {
    return this.#ask("GET", pathOf(name, "/config"));
  }

  status(name: string): Promise<ConnectorStatus> {
    return this.#ask("GET", pathOf(name, "/status"));
  }

  create(creation: Creation): Promise<ConnectorInfo> {
    return this.#ask("POST", "/connectors", creation);
  }

  putConfig(name: string, config: Config): Promise<ConnectorInfo> {
    return this.#ask("PUT", pathOf(name, "/config"), config);
  }

  async delete(name: string): Promise<void> {
    await this.#ask("DELETE", pathOf(name));
  }

  async steer(name: string, verb: "pause" | "resume" | "stop"): Promise<void> {
    await this.#ask("PUT", pathOf(name, `/${verb}`));
  }

  async restart(name: string, { includeTasks, onlyFailed }: RestartOptions): Promise<void> {
    const flags = includeTasks || onlyFailed;
    const query = flags ? `?includeTasks=${includeTasks}&onlyFailed=${onlyFailed}` : "";
    await this.#ask("POST", pathOf(name, `/restart${query}`));
  }

  async restartTask(name: string, task: number): Promise<void> {
    await this.#ask("POST", pathOf(name, `/tasks/${task}/restart`));
  }

  async topics(name: string): Promise<readonly string[]> {
    type Topics = Readonly<Record<string, { readonly topics: readonly string[] }>>;
    return (await this.#ask<Topics>("GET", pathOf(name, "/topics")))[name]?.topics ?? [];
  }

  async resetTopics(name: string): Promise<void> {
    await this.#ask("PUT", pathOf(name, "/topics/reset"));
  }

  /** Numbers are as the worker wrote them (`parseExactJson`). */
  async offsets(name: string): Promise<readonly Offset[]> {
    const path = pathOf(name, "/offsets");
    return (await this.#ask<{ readonly offsets: readonly Offset[] }>("GET", path)).offsets;
  }

  /** @returns the worker's message */
  async alterOffsets(name: string, offsets: readonly Offset[]): Promise<string> {
    const path = pathOf(name, "/offsets");
    return (await this.#ask<{ readonly message: string }>("PATCH", path, { offsets })).message;
  }

  /** @returns the worker's message */
  async resetOffsets(name: string): Promise<string> {
    const path = pathOf(name, "/offsets");
    return (await this.#ask<{ readonly message: string }>("DELETE", path)).message;
  }

  plugins(connectorsOnly: boolean): Promise<readonly Plugin[]> {
    return this.#ask("GET", `/connector-plugins?connectorsOnly=${connectorsOnly}`);
  }

  pluginConfig(plugin: string): Promise<readonly KeyDefinition[]> {
    return this.#ask("GET", `/connector-plugins/${encodeURIComponent(plugin)}/config`);
  }

  /** @param plugin class or alias of a connector, as in `connector.class` */
  async validate(plugin: string, config: Config): Promise<Validation> {
    const path = `/connector-plugins/${encodeURIComponent(plugin)}/config/validate`;
    type Answer = Validation & { readonly configs: readonly ConfigInfo[] };
    return await this.#ask<Answer>("PUT", path, config);
  }

  loggers(): Promise<Readonly<Record<string, LoggerLevel>>> {
    return this.#ask("GET", "/admin/loggers");
  }

  logger(name: string): Promise<LoggerLevel> {
    return this.#ask("GET", `/admin/loggers/${encodeURIComponent(name)}`);
  }

  /** @returns the loggers that changed; undefined with scope `cluster`, which nobody can know */
  setLogger(
    name: string,
    level: string,
    scope: "worker" | "cluster",
  ): Promise<readonly string[] | undefined> {
    const path = `/admin/loggers/${encodeURIComponent(name)}?scope=${scope}`;
    return this.#ask("PUT", path, { level });
  }

  /** Of all connectors. @returns undefined where the worker does not conclude it (Java) */
  async connectorsHealth(): Promise<readonly ConnectorHealth[] | undefined> {
    type Answer = { readonly connectors: readonly ConnectorHealth[] };
    return (await this.#askMillrace<Answer>("/health"))?.connectors;
  }

  /** @returns undefined where the worker does not conclude it (Java), or knows nothing of such a connector */
  connectorHealth(name: string): Promise<ConnectorHealth | undefined> {
    return this.#askMillrace(pathOf(name, "/health"));
  }

  /**
   * What is kept of a connector's events, the oldest first.
   * @returns undefined where the worker does not offer it (Java), or has no such connector
   */
  async events(name: string): Promise<readonly ConnectorEvent[] | undefined> {
    type Answer = { readonly events: readonly ConnectorEvent[] };
    return (await this.#askMillrace<Answer>(pathOf(name, "/events")))?.events;
  }

  /**
   * What the worker that answers keeps of a connector's log, the oldest first: each worker has
   * only what it runs of it.
   * @returns undefined where the worker does not offer it (Java), or has no such connector
   */
  async logs(name: string): Promise<readonly LogLine[] | undefined> {
    type Answer = { readonly lines: readonly LogLine[] };
    return (await this.#askMillrace<Answer>(pathOf(name, "/logs")))?.lines;
  }

  /**
   * What `events` or `logs` tells, from now on, as server-sent events; log lines begin with
   * those that are kept.
   * @param lastId of the last event that is known already
   * @returns undefined where the worker does not offer it (Java), or has no such connector
   * @throws {RefusedError} when as many follow the worker as it allows, among others
   */
  async follow(
    name: string,
    what: "events" | "logs",
    lastId?: string,
  ): Promise<HttpStream | undefined> {
    const path = `/millrace${pathOf(name, `/${what}`)}`;
    const stream = await this.http.stream({
      method: "GET",
      path,
      headers: {
        Accept: "text/event-stream",
        ...(lastId !== undefined && { "Last-Event-ID": lastId }),
      },
      signal: this.#signal,
    });
    if (stream.status === 200 && stream.contentType.startsWith("text/event-stream")) return stream;
    const isRefused = stream.status !== 200 && stream.status !== 404;
    if (isRefused) throw refusal(`GET ${path}`, await this.http.rest(stream));
    stream.body.destroy();
    return undefined;
  }

  /** Of what only Millrace has. @returns undefined where the worker answers 404 */
  async #askMillrace<T>(path: string): Promise<T | undefined> {
    try {
      return await this.#ask<T>("GET", `/millrace${path}`);
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Sends a request again while a rebalance is under way, as long as that is allowed for. */
  async #ask<T>(method: string, path: string, body?: object): Promise<T> {
    const end = Date.now() + this.#rebalanceMs;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      const answer = await this.#send(method, path, body);
      if (answer.status < 300) return bodyOf<T>(method, path, answer);
      const refused = refusal(`${method} ${path}`, answer);
      const nextMs = Math.max(waitMs, 1000 * (Number(answer.retryAfter) || 0));
      if (!refused.isRebalance || Date.now() + nextMs > end) throw refused;
      if (waitMs === FIRST_WAIT_MS) this.#onRebalance(refused.reason);
      await sleep(nextMs, undefined, this.#signal && { signal: this.#signal });
    }
  }

  #send(method: string, path: string, body?: object): Promise<HttpAnswer> {
    return this.http.send({
      method,
      path,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: this.#signal,
    });
  }
}

/** Path of a connector, or of something of it. */
function pathOf(name: string, rest = ""): string {
  return `/connectors/${encodeURIComponent(name)}${rest}`;
}

function bodyOf<T>(method: string, path: string, answer: HttpAnswer): T {
  if (answer.text === "") return undefined as T;
  const json = jsonOf<T>(answer);
  if (json !== undefined) return json;
  throw new RefusedError(
    `${method} ${path}`,
    answer.status,
    `${answer.url} did not answer ${method} ${path} with JSON: is it the REST API of a Kafka Connect worker?`,
  );
}

function jsonOf<T>({ text }: HttpAnswer): T | undefined {
  try {
    return parseExactJson(text) as T;
  } catch {
    // A page of a proxy, or of something else altogether.
    return undefined;
  }
}

function refusal(request: string, answer: HttpAnswer): RefusedError {
  const { message } = jsonOf<{ readonly message?: unknown }>(answer) ?? {};
  return new RefusedError(
    request,
    answer.status,
    typeof message === "string" ? message : plain(answer),
  );
}

/** What a person can read of an answer that is not Kafka Connect's. */
function plain({ contentType, text, status, url }: HttpAnswer): string {
  const short = text.trim().slice(0, LONGEST_PAGE);
  if (short === "" || contentType.includes("html")) return `${url} answered ${status}`;
  return `${url} answered ${status}: ${short}`;
}
