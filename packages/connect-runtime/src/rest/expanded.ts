import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { ConnectorInfo } from "../herder/herder.ts";
import type { Resources } from "./resources.ts";

/** What may be told of each connector of a list. */
export interface Expansions {
  readonly status: boolean;
  readonly info: boolean;
}

/** Between two lists, as a multiple of what the last one took; and never more than that. */
const REST = 4;
const LONGEST_REST_MS = 50;

/**
 * Lists of all connectors for clients that ask at the same time: those that have asked when the
 * list is made get the same one, which is as new as any of them could expect. Dashboards ask in
 * crowds, and a list of hundreds takes milliseconds: making lists takes a fifth of the time at
 * most, however their requests come in.
 */
export class ExpandedLists {
  readonly #resources: () => Resources;
  readonly #due = new Map<string, Promise<Buffer>>();
  /** When the next list may be made, on the clock of `performance.now()`. */
  #notBefore = 0;

  constructor(resources: () => Resources) {
    this.#resources = resources;
  }

  /** All connectors with what is to be told of them, as JSON. */
  get(expansions: Expansions): Promise<Buffer> {
    const key = JSON.stringify(expansions);
    const due = this.#due.get(key) ?? this.#makeSoon(key, expansions);
    this.#due.set(key, due);
    return due;
  }

  async #makeSoon(key: string, expansions: Expansions): Promise<Buffer> {
    const restMs = this.#notBefore - performance.now();
    if (restMs > 0) await sleep(restMs);
    // By then everybody has been heard whose request has arrived.
    await nextTurn();
    this.#due.delete(key);
    const begunAt = performance.now();
    const names = await this.#resources().herder.connectors();
    const list = await expanded(this.#resources(), names, expansions);
    const bytes = Buffer.from(JSON.stringify(list));
    const now = performance.now();
    this.#notBefore = now + Math.min(REST * (now - begunAt), LONGEST_REST_MS);
    return bytes;
  }
}

/**
 * These connectors with what is to be told of them; those that are not there are left out.
 * @param infoOf a connector's info as it may be shown; default: all of it
 */
export async function expanded(
  { herder, logger }: Resources,
  names: readonly string[],
  expansions: Expansions,
  infoOf = (name: string): Promise<ConnectorInfo> => herder.connectorInfo(name),
): Promise<Record<string, object>> {
  const entries = await Promise.all(
    names.map(async (name) => {
      try {
        const status = expansions.status && { status: await herder.connectorStatus(name) };
        const info = expansions.info && { info: await infoOf(name) };
        return [[name, { ...status, ...info }] as const];
      } catch (error) {
        // It was deleted since the names were listed, or has no status yet.
        logger.debug(`Connector ${name} is left out of the list: ${(error as Error).message}`);
        return [];
      }
    }),
  );
  return Object.fromEntries(entries.flat());
}
