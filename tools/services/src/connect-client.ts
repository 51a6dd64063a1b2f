import { setTimeout as sleep } from "node:timers/promises";
import { Scrape } from "./scrape.ts";

/** Of a connector or a task. */
export interface PartStatus {
  readonly state: string;
  /** Host and port of the worker that runs it, or ran it last. */
  readonly worker_id: string;
  readonly trace?: string;
}

export interface ConnectorStatus {
  readonly name: string;
  readonly connector: PartStatus;
  readonly tasks: readonly (PartStatus & { readonly id: number })[];
}

export type ConnectorConfig = Readonly<Record<string, string>>;

/** An answer of the REST API: its status and its body, parsed where it is JSON. */
export interface ConnectAnswer<T = unknown> {
  readonly status: number;
  readonly body: T;
}

const POLL_MS = 50;

/** The REST API of a Kafka Connect worker, as its users call it. */
export class ConnectClient {
  readonly url: string;

  /** @param url `http://127.0.0.1:8083` */
  constructor(url: string) {
    this.url = url;
  }

  /**
   * Sends a request; an answer of any status is an answer. A string body is sent as it is.
   * @param signal ends the wait for a worker that does not answer
   */
  async request<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<ConnectAnswer<T>> {
    const response = await fetch(this.url + path, {
      method,
      ...(signal && { signal }),
      ...(body !== undefined && {
        headers: { "Content-Type": "application/json" },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json") || /^\s*[{[]/.test(text);
    return { status: response.status, body: (json ? JSON.parse(text) : text) as T };
  }

  /** What our workers serve for Prometheus. */
  async metrics(): Promise<Scrape> {
    const { status, body } = await this.request<string>("GET", "/metrics");
    if (status !== 200) throw new Error(`GET /metrics was answered with ${status}: ${body}`);
    return new Scrape(body);
  }

  /** @throws Error with the worker's message when it refuses the connector */
  async create(name: string, config: ConnectorConfig): Promise<void> {
    const { status, body } = await this.request("POST", "/connectors", { name, config });
    if (status !== 201) {
      throw new Error(`Connector ${name} was refused (${status}): ${JSON.stringify(body)}`);
    }
  }

  /**
   * Asks for a change: pause, resume, stop, restart.
   * @throws Error with the worker's message when it refuses
   */
  async ask(verb: "pause" | "resume" | "stop" | "restart", name: string): Promise<void> {
    const path = `/connectors/${encodeURIComponent(name)}/${verb}`;
    const { status, body } = await this.request(verb === "restart" ? "POST" : "PUT", path);
    if (status >= 300) {
      throw new Error(`Could not ${verb} ${name} (${status}): ${JSON.stringify(body)}`);
    }
  }

  /**
   * Statuses of all connectors, by name.
   * @param signal ends the wait for a worker that does not answer
   * @throws Error with the worker's message when it does not know them
   */
  async statuses(signal?: AbortSignal): Promise<ReadonlyMap<string, ConnectorStatus>> {
    const path = "/connectors?expand=status";
    type Expanded = Record<string, { readonly status?: ConnectorStatus }>;
    const answer = await this.request<Expanded>("GET", path, undefined, signal);
    if (answer.status !== 200) {
      throw new Error(`GET ${path} (${answer.status}): ${JSON.stringify(answer.body)}`);
    }
    const known = Object.entries(answer.body).flatMap(([name, { status }]) =>
      status === undefined ? [] : [[name, status] as const],
    );
    return new Map(known);
  }

  /** Undefined while the worker knows no status. */
  async status(name: string): Promise<ConnectorStatus | undefined> {
    const path = `/connectors/${encodeURIComponent(name)}/status`;
    const { status, body } = await this.request<ConnectorStatus>("GET", path);
    return status === 200 ? body : undefined;
  }

  /**
   * Waits until a connector and all its tasks are in a state.
   * @throws Error with the trace when one fails first, or with the last status after `timeoutMs`
   */
  async waitFor(
    name: string,
    state = "RUNNING",
    timeoutMs = 30_000,
    tasks?: number,
  ): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const status = await this.status(name);
      if (status && (await this.#reached(status, state, tasks))) return;
      if (Date.now() > deadline) {
        throw new Error(`${name} did not become ${state}: ${JSON.stringify(status)}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** @throws Error with the trace of a connector or task that has failed */
  async throwIfFailed(name: string): Promise<void> {
    const status = await this.status(name);
    for (const part of status ? [status.connector, ...status.tasks] : []) {
      if (part.state === "FAILED") throw new Error(`${name} failed: ${part.trace ?? ""}`);
    }
  }

  async #reached(
    { name, connector, tasks }: ConnectorStatus,
    state: string,
    count = 1,
  ): Promise<boolean> {
    if (state !== "FAILED") await this.throwIfFailed(name);
    const parts = state === "FAILED" ? tasks : [connector, ...tasks];
    if (state === "FAILED" && connector.state === "FAILED") return true;
    return tasks.length >= count && parts.every((part) => part.state === state);
  }
}
