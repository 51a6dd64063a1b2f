import type { ConnectionPool } from "./connection/pool.ts";
import { KafkaError } from "./errors.ts";
import type { MetadataCache } from "./metadata.ts";

interface Address {
  host: string;
  port: number;
}

/**
 * Which broker gets a request that any broker can answer. Known brokers come first, then the
 * bootstrap servers again, so that a client finds the cluster once every broker it knew is gone
 * (KIP-899, metadata.recovery.strategy=rebootstrap).
 */
export class BrokerChoice {
  readonly #bootstrap: Address[];
  readonly #cache: MetadataCache;
  readonly #pool: Pick<ConnectionPool, "current" | "failing">;
  #turn = Math.floor(Math.random() * 1024);

  constructor(
    bootstrapServers: readonly string[],
    cache: MetadataCache,
    pool: Pick<ConnectionPool, "current" | "failing">,
  ) {
    if (bootstrapServers.length === 0)
      throw new KafkaError(
        "INVALID_CONFIG",
        "No resolvable bootstrap urls given in bootstrap.servers",
      );
    this.#bootstrap = bootstrapServers.map(parseAddress);
    this.#cache = cache;
    this.#pool = pool;
  }

  next(lane: string): Address {
    const turn = this.#turn++;
    const known = [...this.#cache.brokers.values()];
    const rotated = [...rotate(known, turn), ...rotate(this.#bootstrap, turn)];
    const isConnected = ({ host, port }: Address) => this.#pool.current(host, port, lane);
    const isReachable = ({ host, port }: Address) => !this.#pool.failing(host, port);
    // When all fail they take turns, each after its own reconnect back-off.
    const all = [...known, ...this.#bootstrap];
    return known.find(isConnected) ?? rotated.find(isReachable) ?? all[turn % all.length]!;
  }
}

function rotate<T>(items: readonly T[], by: number): T[] {
  const first = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/** @throws KafkaError INVALID_CONFIG, in the words of Java's ClientUtils */
export function parseAddress(address: string): Address {
  const match = /^(?:[a-zA-Z_0-9]+:\/\/)?(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(
    address.trim(),
  );
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535)
    throw new KafkaError(
      "INVALID_CONFIG",
      `Invalid url in bootstrap.servers: ${address}; write host:port, separated by commas`,
    );
  return { host, port };
}
