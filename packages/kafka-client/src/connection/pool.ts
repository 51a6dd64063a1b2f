import { Backoff, sleep } from "../backoff.ts";
import { KafkaError } from "../errors.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";

export interface PoolOptions {
  connection: Omit<ConnectionOptions, "host" | "port" | "onClose">;
  reconnectBackoffMs: number;
  reconnectBackoffMaxMs: number;
  connectionsMaxIdleMs: number;
  /** A broker can't be reached: told at first, and from time to time while that lasts. */
  onFailure?: (error: KafkaError) => void;
}

interface Lane {
  connection: Connection | undefined;
  opening: Promise<Connection> | undefined;
}

interface Host {
  readonly backoff: Backoff;
  /** Epoch milliseconds before which no new attempt is made. */
  notBefore: number;
  failing: boolean;
  reportedMs: number;
}

const REPORT_EVERY_MS = 30_000;

/**
 * Connections by address and lane. A broker works on one request of a connection at a time, so that
 * what may wait long at the broker (fetches, joins) or must not wait (produce requests) gets a lane,
 * that is a connection, of its own.
 */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #hosts = new Map<string, Host>();
  readonly #retiring = new Set<Connection>();
  readonly #abort = new AbortController();
  readonly #sweeper: NodeJS.Timeout;

  constructor(options: PoolOptions) {
    this.#options = options;
    const every = Math.max(1000, Math.min(options.connectionsMaxIdleMs / 4, 30_000));
    this.#sweeper = setInterval(() => this.#closeIdle(), every).unref();
  }

  /** Opens a connection where there is none; waits while the address is in its reconnect back-off. */
  get(host: string, port: number, lane: string): Promise<Connection> {
    const key = `${host}:${port}/${lane}`;
    let entry = this.#lanes.get(key);
    if (entry === undefined)
      this.#lanes.set(key, (entry = { connection: undefined, opening: undefined }));
    const { connection } = entry;
    if (connection !== undefined && connection.open && !connection.expired)
      return Promise.resolve(connection);
    if (connection !== undefined && connection.open) this.#retire(connection);
    entry.connection = undefined;
    entry.opening ??= this.#open(host, port, key, entry).finally(() => (entry.opening = undefined));
    return entry.opening;
  }

  /** The open connection of a lane, if there is one: what the data path uses without a promise. */
  current(host: string, port: number, lane: string): Connection | undefined {
    const connection = this.#lanes.get(`${host}:${port}/${lane}`)?.connection;
    return connection?.open === true && !connection.expired ? connection : undefined;
  }

  /** The last attempt to reach this address failed. */
  failing(host: string, port: number): boolean {
    return this.#hosts.get(`${host}:${port}`)?.failing ?? false;
  }

  /** Closes one lane on every broker. What is in flight on it fails. */
  closeLane(lane: string): void {
    for (const [key, entry] of this.#lanes) {
      if (!key.endsWith(`/${lane}`)) continue;
      this.#lanes.delete(key);
      entry.connection?.close();
      entry.opening?.then((connection) => connection.close()).catch(() => {});
    }
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#abort.abort(new KafkaError("CLOSED", "The client was closed"));
    for (const { connection } of this.#lanes.values()) connection?.close();
    for (const connection of this.#retiring) connection.close();
    this.#lanes.clear();
  }

  async #open(host: string, port: number, key: string, entry: Lane): Promise<Connection> {
    const signal = this.#abort.signal;
    const state = this.#host(`${host}:${port}`);
    const wait = state.notBefore - Date.now();
    if (wait > 0) await sleep(wait, signal);
    signal.throwIfAborted();
    let opened: Connection;
    try {
      opened = await Connection.open({
        ...this.#options.connection,
        host,
        port,
        onClose: (connection) => {
          this.#retiring.delete(connection);
          if (this.#lanes.get(key)?.connection === connection) entry.connection = undefined;
        },
      });
    } catch (error) {
      this.#noteFailure(state, error);
      throw error;
    }
    state.failing = false;
    state.backoff.reset();
    if (signal.aborted) opened.close();
    signal.throwIfAborted();
    entry.connection = opened;
    return opened;
  }

  #noteFailure(state: Host, error: unknown): void {
    const now = Date.now();
    const report = !state.failing || now - state.reportedMs >= REPORT_EVERY_MS;
    state.failing = true;
    state.notBefore = now + state.backoff.nextMs();
    if (!report || !(error instanceof KafkaError)) return;
    state.reportedMs = now;
    this.#options.onFailure?.(error);
  }

  #host(address: string): Host {
    let state = this.#hosts.get(address);
    if (state === undefined) {
      const { reconnectBackoffMs, reconnectBackoffMaxMs } = this.#options;
      const backoff = new Backoff(reconnectBackoffMs, reconnectBackoffMaxMs);
      this.#hosts.set(address, (state = { backoff, notBefore: 0, failing: false, reportedMs: 0 }));
    }
    return state;
  }

  /** Lets what is in flight be answered, takes nothing new. */
  #retire(connection: Connection): void {
    this.#retiring.add(connection);
    this.#closeRetired();
  }

  #closeRetired(): void {
    for (const connection of this.#retiring) if (connection.inFlight === 0) connection.close();
  }

  #closeIdle(): void {
    this.#closeRetired();
    const idleSince = Date.now() - this.#options.connectionsMaxIdleMs;
    for (const [key, entry] of this.#lanes) {
      const { connection, opening } = entry;
      if (connection !== undefined && connection.inFlight === 0 && connection.lastUsed < idleSince)
        connection.close();
      if (entry.connection === undefined && opening === undefined) this.#lanes.delete(key);
    }
  }
}
