import type { MongoClient } from "mongodb";
import type { Document } from "../bson/document.ts";
import { toConnectError } from "../connection/errors.ts";
import { type Config, stages } from "./config.ts";
import { type Namespace, nameOf } from "./namespaces.ts";
import type { CopyProgress, Position } from "./offset.ts";
import { Wake } from "./wake.ts";

const EXACT = { promoteValues: false, bsonRegExp: true, enableUtf8Validation: false } as const;

/** What was read: a document as the event of its insertion, or that a namespace is through. */
type Item = { readonly name: string; readonly event: Document | undefined };

/** Events of documents, and how far the copy is behind the last of them. */
export interface CopiedBatch {
  readonly events: readonly Document[];
  readonly progress: CopyProgress;
  /** Nothing is left behind these. */
  readonly isLast: boolean;
}

/**
 * Reads all documents of some collections in the order of their `_id`, several collections at
 * once, and knows at each moment where to go on after a stop.
 */
export class Copier {
  readonly #client: MongoClient;
  readonly #config: Config;
  readonly #stream: Position;
  readonly #left: Namespace[];
  readonly #at: Map<string, unknown>;
  readonly #done: Set<string>;
  readonly #queue: Item[] = [];
  readonly #abort = new AbortController();
  #unread: number;
  #failure: unknown;
  #workers: Promise<void>[] = [];
  readonly #wake = new Wake();

  constructor(
    client: MongoClient,
    config: Config,
    namespaces: readonly Namespace[],
    progress: CopyProgress,
  ) {
    this.#client = client;
    this.#config = config;
    this.#stream = progress.stream;
    this.#done = new Set(progress.done);
    this.#at = new Map(Object.entries(progress.at));
    this.#left = namespaces.filter((namespace) => !this.#done.has(nameOf(namespace)));
    this.#unread = this.#left.length;
  }

  /**
   * The next documents, at most so many; waits for the first.
   * @throws {RetriableError} after which the copy goes on where it was
   */
  async next(max: number): Promise<CopiedBatch> {
    this.#start();
    while (this.#queue.length === 0 && this.#unread > 0 && this.#isWanted) {
      await this.#wake.changed;
    }
    if (this.#queue.length === 0 && this.#failure !== undefined) throw await this.#takeFailure();
    return this.#take(max);
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#wake.signal();
    await Promise.all(this.#workers);
  }

  #start(): void {
    if (this.#workers.length > 0 || this.#unread === 0) return;
    const waiting = [...this.#left].filter((namespace) => !this.#done.has(nameOf(namespace)));
    const count = Math.min(this.#config.copy.threads, waiting.length);
    this.#workers = Array.from({ length: count }, () => this.#work(waiting));
  }

  async #work(waiting: Namespace[]): Promise<void> {
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (this.#abort.signal.aborted || this.#failure !== undefined) return;
        await this.#read(next);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#failure ??= error;
    } finally {
      this.#wake.signal();
    }
  }

  async #read(namespace: Namespace): Promise<void> {
    const name = nameOf(namespace);
    const cursor = this.#client
      .db(namespace.database)
      .collection(namespace.collection)
      .aggregate<Document>(this.#pipeline(namespace), {
        ...EXACT,
        allowDiskUse: this.#config.copy.allowDiskUse,
      });
    try {
      for await (const event of cursor) {
        while (this.#queue.length >= this.#config.copy.queueSize && this.#isWanted) {
          await this.#wake.changed;
        }
        if (!this.#isWanted) return;
        this.#add({ name, event });
      }
      this.#add({ name, event: undefined });
    } catch (error) {
      throw toConnectError(error, `Cannot copy ${name}`);
    } finally {
      await cursor.close();
    }
  }

  get #isWanted(): boolean {
    return !this.#abort.signal.aborted && this.#failure === undefined;
  }

  #pipeline(namespace: Namespace): Document[] {
    const name = nameOf(namespace);
    const { database: db, collection: coll } = namespace;
    // Ids of all types have one order, which a comparison of one type alone would not follow.
    const behind = this.#at.has(name)
      ? [{ $match: { $expr: { $gt: ["$_id", { $literal: this.#at.get(name) }] } } }]
      : [];
    return [
      ...behind,
      { $sort: { _id: 1 } },
      ...stages(this.#config.copy.pipeline),
      {
        $replaceRoot: {
          newRoot: {
            _id: { _id: "$_id", copyingData: true },
            operationType: "insert",
            documentKey: { _id: "$_id" },
            fullDocument: "$$ROOT",
            ns: { db: { $literal: db }, coll: { $literal: coll } },
          },
        },
      },
      ...stages(this.#config.pipeline),
    ];
  }

  #take(max: number): CopiedBatch {
    const events: Document[] = [];
    while (events.length < max && this.#queue.length > 0) {
      const { name, event } = this.#queue.shift()!;
      if (event === undefined) this.#finish(name);
      else this.#pass(name, event, events);
    }
    while (this.#queue[0] !== undefined && this.#queue[0].event === undefined) {
      this.#finish(this.#queue.shift()!.name);
    }
    this.#wake.signal(); // there is room
    return { events, progress: this.#progress(), isLast: this.#unread === 0 };
  }

  #pass(name: string, event: Document, events: Document[]): void {
    events.push(event);
    this.#at.set(name, (event["_id"] as Document)["_id"]);
  }

  #finish(name: string): void {
    this.#at.delete(name);
    this.#done.add(name);
    this.#unread -= 1;
  }

  #progress(): CopyProgress {
    return { stream: this.#stream, done: [...this.#done], at: Object.fromEntries(this.#at) };
  }

  /** All stop, and the next call begins behind the last document that was taken. */
  async #takeFailure(): Promise<unknown> {
    this.#wake.signal();
    await Promise.all(this.#workers);
    const failure = this.#failure;
    this.#failure = undefined;
    this.#workers = [];
    this.#queue.length = 0;
    return failure;
  }

  #add(item: Item): void {
    this.#queue.push(item);
    if (this.#queue.length === 1) this.#wake.signal();
  }
}
