import { Bulk, sizeOf } from "./bulk.ts";
import { Fifo } from "./fifo.ts";
import type { Operation } from "./operation.ts";

/**
 * Which operations on one document may be under way in two bulk requests:
 * - `any`: all. Ids that occur once, or external versions and no deletes: whatever comes
 *   late is refused by its version.
 * - `versions`: none, but one request may hold several, in order. With deletes versions
 *   alone do not do: Elasticsearch forgets a deleted document's version after
 *   index.gc_deletes (60 s), and a late older write would bring it back.
 * - `one`: none, and one per request. Without versions, an operation of a request that is
 *   turned away must not be repeated after a later one was done.
 */
export type Overlap = "any" | "versions" | "one";

/**
 * The operations that wait to be sent, in order per document: one whose document is busy
 * in a request under way waits until `release`, while others pass.
 */
export class OperationQueue {
  readonly #overlap: Overlap;
  readonly #fresh = new Fifo<Operation>();
  /** Those that had to wait for their document; they go before fresh ones, which are younger. */
  readonly #released = new Fifo<Operation>();
  /** By document, the request it is busy in. */
  readonly #busy = new Map<string, Bulk>();
  readonly #waiting = new Map<string, Operation[]>();
  #bytes = 0;

  constructor(overlap: Overlap) {
    this.#overlap = overlap;
  }

  /** Operations that may be taken now, unless their document is busy. */
  get length(): number {
    return this.#fresh.length + this.#released.length;
  }

  /** True when operations wait that were held back before, and so have waited long enough. */
  get hasReleased(): boolean {
    return this.#released.length > 0;
  }

  /** How many bytes they have. */
  get bytes(): number {
    return this.#bytes;
  }

  push(operation: Operation): void {
    this.#fresh.push(operation);
    this.#bytes += sizeOf(operation);
  }

  /** The next request: as many operations, in order, as fit; undefined when every document is busy. */
  take(maxOperations: number, maxBytes: number): Bulk | undefined {
    const bulk = new Bulk();
    while (bulk.operations.length < maxOperations) {
      const queue = this.#released.length > 0 ? this.#released : this.#fresh;
      const operation = queue.peek();
      if (operation === undefined) break;
      if (this.#mustWait(operation, bulk)) this.#setAside(operation);
      else if (!bulk.add(operation, maxBytes)) break;
      else if (this.#overlap !== "any") this.#busy.set(documentOf(operation), bulk);
      queue.shift();
      this.#bytes -= sizeOf(operation);
    }
    return bulk.operations.length > 0 ? bulk : undefined;
  }

  /** The request is over: its documents are free for those that wait. */
  release(bulk: Bulk): void {
    if (this.#overlap === "any") return;
    for (const operation of bulk.operations) {
      const document = documentOf(operation);
      // The second operation on one document finds it free already.
      if (!this.#busy.delete(document)) continue;
      for (const waiting of this.#waiting.get(document) ?? []) {
        this.#released.push(waiting);
        this.#bytes += sizeOf(waiting);
      }
      this.#waiting.delete(document);
    }
  }

  /** Takes out the operations the predicate holds for, those that wait for a document included. */
  remove(predicate: (operation: Operation) => boolean): Operation[] {
    const removed = [...this.#released.remove(predicate), ...this.#fresh.remove(predicate)];
    for (const operation of removed) this.#bytes -= sizeOf(operation);
    for (const [document, operations] of this.#waiting) {
      removed.push(...operations.filter(predicate));
      const left = operations.filter((operation) => !predicate(operation));
      if (left.length > 0) this.#waiting.set(document, left);
      else this.#waiting.delete(document);
    }
    return removed;
  }

  #mustWait(operation: Operation, bulk: Bulk): boolean {
    if (this.#overlap === "any") return false;
    const busyIn = this.#busy.get(documentOf(operation));
    if (busyIn === undefined) return false;
    return this.#overlap === "one" || busyIn !== bulk;
  }

  #setAside(operation: Operation): void {
    const document = documentOf(operation);
    const waiting = this.#waiting.get(document);
    if (waiting === undefined) this.#waiting.set(document, [operation]);
    else waiting.push(operation);
  }
}

/** No index name contains a slash. */
function documentOf({ index, id }: Operation): string {
  return `${index}/${id}`;
}
