import { ConnectError, type Logger, RetriableError } from "@millrace/connect-api";
import {
  type ChangeStream,
  type ChangeStreamOptions,
  type CollationOptions,
  type MongoClient,
  MongoCursorExhaustedError,
} from "mongodb";
import type { Document } from "../bson/document.ts";
import { parseDocument } from "../bson/json-reader.ts";
import { codeOf, toConnectError } from "../connection/errors.ts";
import { type Config, stages } from "./config.ts";
import { FragmentAssembler } from "./fragments.ts";
import type { Position } from "./offset.ts";
import { beginningSecond, operationTime } from "./server-time.ts";

/** Numbers keep their type, texts that are no UTF-8 do not stop the stream. */
const EXACT = { promoteValues: false, bsonRegExp: true, enableUtf8Validation: false } as const;
const TOO_LARGE = 10_334;
const SPLIT = { $changeStreamSplitLargeEvent: {} };
/** Namespace not found: mongos says it until the database is there. */
const NOT_THERE_YET = 26;

/** The server's history does not reach back to where the stream is to go on. */
export class HistoryLostError extends ConnectError {}

/** The deployment's, a database's or a collection's change events. Goes on where it was after an error. */
export class EventStream {
  readonly #client: MongoClient;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #assembler = new FragmentAssembler();
  #position: Position;
  #splits: boolean;
  #stream: ChangeStream<Document, Document> | undefined;
  #first: Document | null = null;

  constructor(client: MongoClient, config: Config, position: Position, logger: Logger) {
    this.#client = client;
    this.#config = config;
    this.#position = position;
    this.#logger = logger;
    this.#splits = stages(config.pipeline).some((stage) => "$changeStreamSplitLargeEvent" in stage);
  }

  /** Where the stream is, as far as the server has said: past events that the pipeline dropped, too. */
  get resumeToken(): Document | undefined {
    return this.#position.startAfter;
  }

  /** Where a stream that begins now would have to go on to miss nothing. */
  get position(): Position {
    return this.#position;
  }

  /**
   * Opens the stream, so that what happens from now on is in it.
   * @throws {HistoryLostError} when it cannot begin where it should
   * @throws {RetriableError} @throws {ConnectError}
   */
  async open(): Promise<void> {
    const beginning = isNow(this.#position) ? await this.#beginning() : {};
    await this.#read(async (stream) => {
      this.#first ??= await stream.tryNext();
      this.#moved(stream);
    });
    // The first event came before a token: a stream that began now again would miss it.
    if (isNow(this.#position)) this.#position = beginning;
    this.#logger.info("The change stream is open");
  }

  /**
   * The next events, at most so many; waits `poll.await.time.ms` for the first.
   * @throws as `open`
   */
  async next(max: number): Promise<Document[]> {
    const events: Document[] = [];
    await this.#read(async (stream) => {
      do {
        const event = this.#first ?? (await stream.tryNext());
        this.#first = null;
        if (event === null) break;
        const whole = this.#assembler.add(event);
        if (whole !== undefined) events.push(whole);
        if (event["operationType"] === "invalidate") {
          // The server ends the stream with it; it goes on behind it.
          this.#position = { startAfter: event["_id"] as Document };
          await this.close();
          return;
        }
      } while (events.length < max && stream.bufferedCount() > 0);
      if (!this.#assembler.isBusy) this.#moved(stream);
    });
    return events;
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    await stream?.close();
  }

  async #read(work: (stream: ChangeStream<Document, Document>) => Promise<void>): Promise<void> {
    try {
      this.#stream ??= this.#watch();
      await work(this.#stream);
    } catch (error) {
      this.#first = null;
      this.#assembler.clear();
      await this.close();
      // The server has ended the cursor, as it does behind an invalidate event that was filtered.
      if (error instanceof MongoCursorExhaustedError) return;
      if (codeOf(error) === TOO_LARGE && !this.#splits) {
        this.#logger.warn("An event is larger than 16 MB: it is read in fragments from here on");
        this.#splits = true;
        return;
      }
      throw this.#explained(error);
    }
  }

  /**
   * Where a stream that is about to begin would have to begin again until there is a token.
   * The replica set says its time. Other servers say no token either before their first event,
   * so the stream begins at a time that the driver, too, can go back to.
   */
  async #beginning(): Promise<Position> {
    try {
      const time = await operationTime(this.#client);
      if (time !== undefined) return { startAtOperationTime: time };
      this.#position = { startAtOperationTime: await beginningSecond(this.#client) };
      return this.#position;
    } catch (error) {
      throw toConnectError(error, "Cannot ask the server's time");
    }
  }

  #moved(stream: ChangeStream<Document, Document>): void {
    const token = stream.resumeToken as Document | null | undefined;
    // A first event waits: the token is that of its end already.
    if (token && this.#first === null) this.#position = { startAfter: token };
  }

  #watch(): ChangeStream<Document, Document> {
    const { database, collection } = this.#config;
    const pipeline = stages(this.#config.pipeline);
    if (this.#splits && !pipeline.some((stage) => "$changeStreamSplitLargeEvent" in stage)) {
      pipeline.push(SPLIT);
    }
    const options = this.#options();
    if (database === "") return this.#client.watch(pipeline, options);
    const db = this.#client.db(database);
    if (collection === "") return db.watch(pipeline, options);
    return db.collection<Document>(collection).watch(pipeline, options);
  }

  #options(): ChangeStreamOptions {
    const config = this.#config;
    const looksUp = config["publish.full.document.only"] ? "updateLookup" : "";
    const fullDocument = config["change.stream.full.document"] || looksUp;
    const before = config["change.stream.full.document.before.change"];
    const { collation } = config;
    return {
      ...EXACT,
      ...this.#position,
      maxAwaitTimeMS: config["poll.await.time.ms"],
      ...(config["batch.size"] > 0 && { batchSize: config["batch.size"] }),
      ...(fullDocument !== "" && fullDocument !== "default" && { fullDocument }),
      ...(before !== "" && before !== "default" && { fullDocumentBeforeChange: before }),
      ...(config["change.stream.show.expanded.events"] && { showExpandedEvents: true }),
      ...(collation.trim() !== "" && {
        collation: parseDocument(collation) as unknown as CollationOptions,
      }),
    };
  }

  #explained(error: unknown): ConnectError {
    const what = "Cannot read the change stream";
    if (codeOf(error) === NOT_THERE_YET) {
      return new RetriableError(`${what}: the database is not there yet`, { cause: error });
    }
    if (isHistoryLost(error)) {
      return new HistoryLostError(
        `ResumeToken not found. Cannot create a change stream cursor: ${(error as Error).message}. Events may be missing: set change.stream.history.lost to copy_existing or latest, or reset the offset, and restart the connector`,
        { cause: error },
      );
    }
    return toConnectError(error, what);
  }
}

function isNow({ startAfter, startAtOperationTime }: Position): boolean {
  return startAfter === undefined && startAtOperationTime === undefined;
}

/** InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost, and what older servers say. */
const HISTORY_LOST = new Set([260, 280, 286]);

function isHistoryLost(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined) return false;
  if (HISTORY_LOST.has(code)) return true;
  const message = (error as Error).message.toLowerCase();
  return (
    /resume (token|point)/.test(message) &&
    /not found|does not exist|invalid resume token|no longer be in the oplog/.test(message)
  );
}
