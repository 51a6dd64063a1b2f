import { DataError, isConnectError, type Logger } from "@millrace/connect-api";
import type { Config } from "../config.ts";
import { momentOf, now } from "../event/clock.ts";
import type { EventWriter } from "../event/event-writer.ts";
import type { TablePlan } from "../event/table-plan.ts";
import { TransactionCount } from "../event/transaction.ts";
import type { CdcOffset } from "../offset.ts";
import { NamePatterns } from "../patterns.ts";
import { UnknownLabelError } from "../types/column-type.ts";
import { COPY_DATA, lsnText, readLsn } from "../wire/messages.ts";
import * as pgoutput from "./pgoutput.ts";
import type { Relation } from "./pgoutput.ts";
import type { KnownRelation, Relations } from "./relations.ts";
import type { ReplicationStream } from "./replication-stream.ts";
import { ResumePoint } from "./resume-point.ts";
import { TupleReader } from "./tuple.ts";

/** The first bytes of what a copy brings. */
const KEEPALIVE = 0x6b;
const WAL_DATA = 0x77;
/** Bytes before pgoutput's message: kind, start, end, time. */
const WAL_HEADER = 25;

/**
 * What has to be asked before the stream can be read on: a table, or the types anew; or what
 * is to be done where it has come to the position that it is read until.
 */
export type Question = { readonly relation: Relation } | "types" | "until";

/** Told of each row that is inserted into or changed in a table, for signals and snapshots. */
export interface ChangeObserver {
  /** @param after null where the row was deleted */
  changed(known: KnownRelation, before: unknown[] | null, after: unknown[] | null): void;
  committed(lsn: number): void;
}

export interface ChangeReaderOptions {
  readonly config: Config;
  readonly writer: EventWriter;
  readonly relations: Relations;
  readonly offset: CdcOffset;
  readonly logger: Logger;
  readonly observer: ChangeObserver | undefined;
  /** Up to where transactions are read at first. */
  readonly until: number | undefined;
}

/**
 * Reads the messages of the log that have arrived, one after the other, and makes events of
 * them. It is a state machine over the log: where it stands, and what the transaction under
 * way is, is what the next offset is made of.
 */
export class ChangeReader {
  readonly #writer: EventWriter;
  readonly #relations: Relations;
  readonly #logger: Logger;
  readonly #observer: ChangeObserver | undefined;
  readonly #metadata: boolean;
  readonly #onFailure: "fail" | "warn" | "skip";
  readonly #prefixes: { included: NamePatterns; excluded: NamePatterns };
  readonly #tuples = new TupleReader();
  readonly #resume: ResumePoint;

  #lsn: number | null;
  #lastCommitLsn: number | null;
  #txId: number | null;
  #timeMicros: number | null;
  #messageType: string | null;
  #eventsAtLsn: number;
  #isInTransaction = false;
  /** Counts to go on with, where a transaction was taken in part before a restart. */
  readonly #countsBefore: ReadonlyMap<string, number> | null;
  #idleLsn = 0;
  #until: number;

  constructor(options: ChangeReaderOptions) {
    const { config, offset } = options;
    this.#writer = options.writer;
    this.#relations = options.relations;
    this.#logger = options.logger;
    this.#observer = options.observer;
    this.#metadata = config["provide.transaction.metadata"];
    const onFailure = config["event.processing.failure.handling.mode"];
    this.#onFailure = onFailure === "ignore" ? "skip" : onFailure;
    this.#prefixes = {
      included: new NamePatterns(config["message.prefix.include.list"]),
      excluded: new NamePatterns(config["message.prefix.exclude.list"]),
    };
    this.#resume = new ResumePoint(offset);
    this.#until = options.until ?? Infinity;
    this.#lsn = offset.lsn;
    this.#lastCommitLsn = offset.lastCommitLsn;
    this.#txId = offset.txId;
    this.#timeMicros = offset.timeMicros;
    this.#messageType = offset.messageType;
    this.#eventsAtLsn = offset.eventsAtLsn;
    this.#countsBefore = offset.transaction;
    this.#writer.position.lastCommitLsn = offset.lastCommitLsn;
    this.#writer.position.transaction = null;
  }

  /** Reads on behind the position that the stream was read until. */
  goOn(): void {
    this.#until = Infinity;
  }

  get isInTransaction(): boolean {
    return this.#isInTransaction;
  }

  /** The position behind what was read. */
  get offset(): CdcOffset {
    return {
      lsn: this.#lsn,
      lastCommitLsn: this.#lastCommitLsn,
      txId: this.#txId,
      timeMicros: this.#timeMicros,
      messageType: this.#messageType,
      eventsAtLsn: this.#eventsAtLsn,
      isInSnapshot: false,
      progress: null,
      transaction: this.#writer.position.transaction?.byTable ?? null,
    };
  }

  /** Up to where the log is not needed any more once every event so far is durable. */
  get safeLsn(): number {
    return Math.max(this.#lastCommitLsn ?? 0, this.#isInTransaction ? 0 : this.#idleLsn);
  }

  /**
   * Reads what has arrived until there are that many events.
   * @returns what has to be asked before it can go on, or null
   * @throws {ConnectError} where the server has ended the stream, or an event cannot be read
   */
  read(stream: ReplicationStream, maxEvents: number): Question | null {
    const { frames } = stream;
    while (this.#writer.count < maxEvents && frames.next()) {
      if (frames.type !== COPY_DATA) {
        const failure = stream.ended(frames.type);
        if (failure !== undefined) throw failure;
        continue;
      }
      const { bytes, start, end } = frames;
      if (bytes[start] === KEEPALIVE) {
        this.#keepalive(stream, bytes, start);
        if (this.#idleLsn >= this.#until && !this.#isInTransaction) return "until";
      } else if (bytes[start] === WAL_DATA) {
        const question = this.#change(bytes, start, end);
        if (question !== null) {
          // Once it is answered a row is read again; a relation message has been taken in.
          if (typeof question === "string") frames.back();
          return question;
        }
        stream.seen(readLsn(bytes, start + 1));
      }
    }
    stream.resume();
    return null;
  }

  #keepalive(stream: ReplicationStream, bytes: Buffer, start: number): void {
    const lsn = readLsn(bytes, start + 1);
    stream.seen(lsn);
    this.#idleLsn = lsn;
    if (bytes[start + 17] === 1) stream.reply();
  }

  #change(bytes: Buffer, start: number, end: number): Question | null {
    const lsn = readLsn(bytes, start + 1);
    const at = start + WAL_HEADER + 1;
    const type = bytes[start + WAL_HEADER]!;
    switch (type) {
      case pgoutput.INSERT:
      case pgoutput.UPDATE:
      case pgoutput.DELETE:
        return this.#row(type, bytes, at, lsn);
      case pgoutput.BEGIN:
        // Transactions come in the order of their commits, which is what this position is of.
        if (readLsn(bytes, at) >= this.#until) return "until";
        this.#begin(bytes, at, lsn);
        return null;
      case pgoutput.COMMIT:
        this.#commit(bytes, at);
        return null;
      case pgoutput.RELATION: {
        const relation = pgoutput.readRelation(bytes, at);
        return this.#relations.needsCatalog(relation) ? { relation } : null;
      }
      case pgoutput.TRUNCATE:
        this.#truncate(bytes, at, lsn);
        return null;
      case pgoutput.MESSAGE:
        if (lsn >= this.#until && !this.#isInTransaction) return "until";
        this.#message(bytes, at, lsn);
        return null;
      case pgoutput.ORIGIN: {
        const { lsn: originLsn, name } = pgoutput.readOrigin(bytes, at);
        Object.assign(this.#writer.position, { origin: name, originLsn });
        return null;
      }
      case pgoutput.TYPE:
        return null;
      default:
        throw new DataError(
          `pgoutput sent a message of the unknown kind ${type} at ${lsnText(lsn)}, ${end - start} bytes long`,
        );
    }
  }

  #begin(bytes: Buffer, at: number, lsn: number): void {
    const { position } = this.#writer;
    const txId = bytes.readUInt32BE(at + 16);
    const isTold = this.#resume.begins(txId);
    this.#isInTransaction = true;
    this.#txId = txId;
    this.#timeMicros = pgoutput.readTime(bytes, at + 8);
    Object.assign(position, { lsn, txId, origin: null, originLsn: null });
    position.time = momentOf(this.#timeMicros);
    if (!this.#metadata) return;
    position.transaction = new TransactionCount(
      String(txId),
      isTold ? (this.#countsBefore ?? []) : [],
    );
    if (isTold) return;
    this.#took("BEGIN", lsn);
    this.#writer.transactionBegins();
  }

  #commit(bytes: Buffer, at: number): void {
    const { position } = this.#writer;
    const endLsn = readLsn(bytes, at + 9);
    position.lsn = endLsn;
    if (position.transaction !== null) {
      this.#writer.transactionEnds();
      position.transaction = null;
    }
    this.#resume.ends();
    this.#isInTransaction = false;
    this.#lastCommitLsn = endLsn;
    position.lastCommitLsn = endLsn;
    this.#lsn = endLsn;
    this.#messageType = "COMMIT";
    this.#eventsAtLsn = 0;
    this.#observer?.committed(endLsn);
  }

  #row(type: number, bytes: Buffer, at: number, lsn: number): Question | null {
    const known = this.#relations.get(bytes.readUInt32BE(at));
    if (known === undefined) throw noRelation(bytes.readUInt32BE(at), lsn);
    const { plan } = known;
    if (plan === null) return null;
    let old: unknown[] | null = null;
    let row: unknown[] | null = null;
    try {
      // Kinds of tuples: an update has the old one before the new one, if at all.
      const kind = bytes[at + 4]!;
      this.#tuples.at = at + 5;
      if (kind !== pgoutput.NEW_TUPLE) {
        old = this.#tuples.read(bytes, this.#tuples.at, plan, null);
        if (type === pgoutput.UPDATE) this.#tuples.at += 1;
      }
      if (type !== pgoutput.DELETE) {
        const whole = kind === pgoutput.OLD_TUPLE ? old : null;
        row = this.#tuples.read(bytes, this.#tuples.at, plan, whole);
      }
    } catch (error) {
      if (error instanceof UnknownLabelError) return "types";
      if (!this.#leavesOut(plan, lsn, error)) throw failedRow(plan, lsn, error);
      this.#took(OPERATIONS[type]!, lsn);
      return null;
    }
    if (this.#resume.wasTaken(lsn)) return null;
    this.#took(OPERATIONS[type]!, lsn);
    this.#observer?.changed(known, old, row);
    if (type === pgoutput.INSERT) this.#writer.insert(plan, row!);
    else if (type === pgoutput.UPDATE) this.#writer.update(plan, old, row!);
    else this.#writer.remove(plan, old!);
    return null;
  }

  #truncate(bytes: Buffer, at: number, lsn: number): void {
    if (this.#resume.wasTaken(lsn)) return;
    this.#took("TRUNCATE", lsn);
    for (const oid of pgoutput.readTruncated(bytes, at)) {
      const known = this.#relations.get(oid);
      if (known === undefined) throw noRelation(oid, lsn);
      if (known.plan !== null) this.#writer.truncate(known.plan);
    }
  }

  #message(bytes: Buffer, at: number, lsn: number): void {
    const { isTransactional, prefix, content } = pgoutput.readLogicalMessage(bytes, at);
    const { position } = this.#writer;
    if (!isTransactional) {
      if (this.#resume.wasTakenOutside(lsn)) return;
      this.#txId = null;
      this.#lastCommitLsn = lsn;
      const time = this.#timeMicros === null ? now() : momentOf(this.#timeMicros);
      Object.assign(position, { txId: null, lastCommitLsn: lsn, time });
    } else if (this.#resume.wasTaken(lsn)) {
      return;
    }
    this.#took("MESSAGE", lsn);
    const { included, excluded } = this.#prefixes;
    const isCaptured = included.isEmpty ? !excluded.matches(prefix) : included.matches(prefix);
    if (isCaptured) this.#writer.message(prefix, content);
  }

  /** Moves on by one change. */
  #took(messageType: string, lsn: number): void {
    this.#eventsAtLsn = messageType === "BEGIN" ? 0 : lsn === this.#lsn ? this.#eventsAtLsn + 1 : 1;
    this.#lsn = lsn;
    this.#messageType = messageType;
    this.#writer.position.lsn = lsn;
  }

  #leavesOut(plan: TablePlan, lsn: number, error: unknown): boolean {
    if (this.#onFailure === "fail") return false;
    if (this.#onFailure === "warn") {
      this.#logger.warn(failedRow(plan, lsn, error).message, { error });
    }
    return true;
  }
}

const OPERATIONS: Readonly<Record<number, string>> = {
  [pgoutput.INSERT]: "INSERT",
  [pgoutput.UPDATE]: "UPDATE",
  [pgoutput.DELETE]: "DELETE",
};

function noRelation(oid: number, lsn: number): DataError {
  return new DataError(
    `The log has a change at ${lsnText(lsn)} of a table (oid ${oid}) that it has not described`,
  );
}

function failedRow(plan: TablePlan, lsn: number, cause: unknown): DataError {
  if (isConnectError(cause)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DataError(`Could not read a row of ${plan.name} at ${lsnText(lsn)}: ${why}`, {
    cause,
  });
}
