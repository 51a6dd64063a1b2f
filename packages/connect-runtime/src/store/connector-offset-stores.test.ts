import type { Logger } from "@millrace/connect-api";
import { expect, it } from "vitest";
import { ConnectorOffsetStores, type TopicOffsetStore } from "./connector-offset-stores.ts";

const A = '["own",{"p":"a"}]';
const B = '["own",{"p":"b"}]';
const PLAIN = '["plain",{"p":"a"}]';

/** A store in memory, that tells what is written in which order. */
class MemoryStore implements TopicOffsetStore {
  readonly offsets = new Map<string, string>();
  readonly #name: string;
  readonly #log: string[];
  broken = false;

  constructor(name: string, log: string[]) {
    this.#name = name;
    this.#log = log;
  }
  async start(): Promise<void> {
    if (this.broken) throw new Error(`${this.#name} is broken`);
    this.#log.push(`start ${this.#name}`);
  }
  async stop(): Promise<void> {
    this.#log.push(`stop ${this.#name}`);
  }
  async get(keys: readonly string[]): Promise<(string | null)[]> {
    return keys.map((key) => this.offsets.get(key) ?? null);
  }
  async set(entries: ReadonlyMap<string, string | null>): Promise<void> {
    if (this.broken) throw new Error(`${this.#name} is broken`);
    for (const [key, value] of entries) {
      this.#log.push(`${this.#name} ${key} ${value}`);
      if (value === null) this.offsets.delete(key);
      else this.offsets.set(key, value);
    }
  }
  async entries(connector: string): Promise<Map<string, string>> {
    return new Map([...this.offsets].filter(([key]) => key.startsWith(`["${connector}"`)));
  }
  async keysThere(keys: readonly string[]): Promise<string[]> {
    return keys.map((key) => `${key} of ${this.#name}`);
  }
}

function stores() {
  const log: string[] = [];
  const worker = new MemoryStore("worker", log);
  const own = new MemoryStore("own-topic", log);
  const noop = () => {};
  const warn = (message: string) => void log.push(`warning: ${message}`);
  const logger: Logger = { trace: noop, debug: noop, info: noop, warn, error: noop };
  const all = new ConnectorOffsetStores({
    worker,
    topicOf: (connector) => (connector === "own" ? "own-topic" : undefined),
    open: () => own,
    logger,
  });
  return { all, worker, own, log };
}

it("what stands in a connector's own topic counts, and the worker's has the rest", async () => {
  const { all, worker, own } = stores();
  worker.offsets.set(A, "1").set(B, "2").set(PLAIN, "3");
  own.offsets.set(A, "10");
  expect(await all.get([A, B])).toEqual(["10", "2"]);
  expect(await all.get([PLAIN])).toEqual(["3"]);
  expect(await all.entries("own")).toEqual(
    new Map([
      [A, "10"],
      [B, "2"],
    ]),
  );
  expect(await all.keysThere([A])).toEqual([`${A} of own-topic`]);
  expect(await all.keysThere([PLAIN])).toEqual([`${PLAIN} of worker`]);
});

it("the own topic is written first, then the copy; deletions the other way round", async () => {
  const { all, log } = stores();
  await all.set(
    new Map<string, string | null>([
      [A, "1"],
      [B, null],
    ]),
  );
  await all.set(new Map([[PLAIN, "2"]]));
  expect(log).toEqual([
    "start own-topic",
    `worker ${B} null`,
    `own-topic ${A} 1`,
    `own-topic ${B} null`,
    `worker ${A} 1`,
    `worker ${PLAIN} 2`,
  ]);
});

it("a copy that fails is no failure; a deletion that fails there is", async () => {
  const { all, worker, own, log } = stores();
  worker.broken = true;
  await all.set(new Map([[A, "1"]]));
  expect(own.offsets.get(A)).toBe("1");
  expect(log.at(-1)).toMatch(/^warning: .*could not be copied/);
  await expect(all.set(new Map([[A, null]]))).rejects.toThrow("worker is broken");
  expect(own.offsets.get(A)).toBe("1");
});

it("a topic that could not be opened is tried again", async () => {
  const { all, own } = stores();
  own.broken = true;
  await expect(all.get([A])).rejects.toThrow("own-topic is broken");
  own.broken = false;
  expect(await all.get([A])).toEqual([null]);
});
