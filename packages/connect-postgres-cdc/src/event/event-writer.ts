import {
  type Header,
  Headers,
  type SourceOffset,
  type SourcePartition,
  SourceRecord,
  STRING_SCHEMA,
  Struct,
} from "@millrace/connect-api";
import type { Config } from "../config.ts";
import { binaryValue } from "../types/binary.ts";
import { type Moment, now } from "./clock.ts";
import { TopicNames } from "./names.ts";
import {
  HEARTBEAT_KEY,
  HEARTBEAT_VALUE,
  MESSAGE_KEY,
  messageSchemas,
  SOURCE,
  type SnapshotMark,
  TRANSACTION_KEY,
  TRANSACTION_VALUE,
} from "./schemas.ts";
import { sameKey, type TablePlan } from "./table-plan.ts";
import type { TransactionCount } from "./transaction.ts";

/** Where in the log the next events come from. */
export interface Position {
  /** Of the change; null for rows that an incremental snapshot has read. */
  lsn: number | null;
  txId: number | null;
  /** End of the last transaction before, null where none was seen. */
  lastCommitLsn: number | null;
  /** When it was committed, or when the snapshot was taken. */
  time: Moment;
  /** Counts of the transaction, where events tell of it. */
  transaction: TransactionCount | null;
  /** The node that the transaction was replicated from, and its position there. */
  origin: string | null;
  originLsn: number | null;
}

export interface EventWriterOptions {
  readonly config: Config;
  /** The connector's version, in each event. */
  readonly version: string;
  readonly taskId: string;
  readonly runId: string;
  readonly partition: SourcePartition;
}

type Row = unknown[];
type Operation = "c" | "u" | "d" | "r" | "t" | "m";

/** Makes the records of events and gathers them until they are taken. */
export class EventWriter {
  readonly position: Position = {
    lsn: null,
    txId: null,
    lastCommitLsn: null,
    time: now(),
    transaction: null,
    origin: null,
    originLsn: null,
  };
  readonly #version: string;
  readonly #name: string;
  readonly #database: string;
  readonly #partition: SourcePartition;
  readonly #topics: TopicNames;
  readonly #skipped: ReadonlySet<string>;
  readonly #skipsUnchanged: boolean;
  readonly #tombstones: boolean;
  readonly #context: readonly Header[];
  readonly #binaries: Config["binary.handling.mode"];
  readonly #message: ReturnType<typeof messageSchemas>;
  readonly #heartbeatKey: Struct;
  /** When the events under way are made. */
  #now: Moment = now();
  #records: SourceRecord[] = [];
  #lastSequence: { lastCommitLsn: number | null; lsn: number; text: string } = {
    lastCommitLsn: null,
    lsn: -1,
    text: "",
  };

  constructor({ config, version, taskId, runId, partition }: EventWriterOptions) {
    this.#version = version;
    this.#name = config["topic.prefix"];
    this.#database = config["database.dbname"];
    this.#partition = partition;
    this.#topics = new TopicNames(config);
    this.#skipped = new Set(config["skipped.operations"].split(",").map((op) => op.trim()));
    this.#skipsUnchanged = config["skip.messages.without.change"];
    this.#tombstones = config["tombstones.on.delete"];
    this.#binaries = config["binary.handling.mode"];
    this.#message = messageSchemas(this.#binaries !== "bytes");
    this.#heartbeatKey = Struct.of(HEARTBEAT_KEY, [this.#name]);
    this.#context = config["extended.headers.enabled"]
      ? [
          contextHeader("connectorLogicalName", this.#name),
          contextHeader("taskId", taskId),
          contextHeader("connectorName", "postgresql"),
          contextHeader("runId", runId),
        ]
      : [];
  }

  /** How many records wait to be taken. */
  get count(): number {
    return this.#records.length;
  }

  /** Begins a batch: its events are of this moment. */
  begin(): void {
    this.#now = now();
  }

  /** The records so far; the last of them carries the offset, if one is given. */
  take(offset: SourceOffset | null): SourceRecord[] {
    const records = this.#records;
    this.#records = [];
    const last = records.pop();
    if (last === undefined) return records;
    const { topic, kafkaPartition, keySchema, key, valueSchema, value } = last;
    const headers = last.hasHeaders ? last.headers : null;
    const parts = { topic, kafkaPartition, keySchema, key, valueSchema, value, headers };
    records.push(
      new SourceRecord({ ...parts, sourcePartition: this.#partition, sourceOffset: offset }),
    );
    return records;
  }

  insert(plan: TablePlan, after: Row): void {
    if (this.#skipped.has("c")) return;
    this.#row(plan, "c", null, after, "false");
  }

  /** @param before null where the log has no old row */
  update(plan: TablePlan, before: Row | null, after: Row): void {
    if (this.#skipped.has("u")) return;
    if (before !== null && this.#skipsUnchanged && sameRow(plan, before, after)) return;
    const { key } = plan;
    if (before !== null && key !== null) {
      const oldKey = keyOf(plan, key, before);
      const newKey = keyOf(plan, key, after);
      if (!sameKey(oldKey, newKey)) {
        const moved: Header = { key: "__debezium.newkey", schema: key, value: newKey };
        this.#delete(plan, before, moved);
        const came: Header = { key: "__debezium.oldkey", schema: key, value: oldKey };
        this.#row(plan, "c", null, after, "false", came);
        return;
      }
    }
    this.#row(plan, "u", before, after, "false");
  }

  remove(plan: TablePlan, before: Row): void {
    if (!this.#skipped.has("d")) this.#delete(plan, before);
  }

  /** @param mark which row of the snapshot this is */
  read(plan: TablePlan, row: Row, mark: SnapshotMark): void {
    this.#row(plan, "r", null, row, mark);
  }

  truncate(plan: TablePlan): void {
    if (!this.#skipped.has("t")) this.#row(plan, "t", null, null, "false");
  }

  message(prefix: string, content: Buffer): void {
    const { ms } = this.#now;
    const source = this.#source("", "", "false");
    const { transaction } = this.position;
    const block = transaction?.block("message", this.position.lsn ?? 0) ?? null;
    const shown = binaryValue(this.#binaries, content);
    const body = Struct.of(this.#message.message, [prefix, shown]);
    this.#push(
      this.#topics.message,
      Struct.of(MESSAGE_KEY, [prefix]),
      Struct.of(this.#message.value, ["m", ms, source, block, body]),
    );
  }

  transactionBegins(): void {
    this.#transaction("BEGIN", null);
  }

  transactionEnds(): void {
    this.#transaction("END", this.position.transaction);
  }

  heartbeat(): void {
    const record = new SourceRecord({
      topic: this.#topics.heartbeat,
      kafkaPartition: 0,
      keySchema: HEARTBEAT_KEY,
      key: this.#heartbeatKey,
      valueSchema: HEARTBEAT_VALUE,
      value: Struct.of(HEARTBEAT_VALUE, [Date.now()]),
      sourcePartition: this.#partition,
      sourceOffset: null,
    });
    this.#records.push(record);
  }

  #transaction(status: string, count: TransactionCount | null): void {
    const { txId, lsn, time } = this.position;
    const id = `${txId}:${lsn}`;
    const counts = count === null ? [null, null] : [count.total, count.counts()];
    this.#push(
      this.#topics.transaction,
      Struct.of(TRANSACTION_KEY, [id]),
      Struct.of(TRANSACTION_VALUE, [status, id, ...counts, time.ms]),
    );
  }

  /** A deletion and, where they are asked for, the tombstone after it. */
  #delete(plan: TablePlan, before: Row, header?: Header): void {
    this.#row(plan, "d", before, null, "false", header);
    if (!this.#tombstones) return;
    const record = new SourceRecord({
      topic: plan.topic,
      keySchema: plan.key,
      key: plan.key === null ? null : keyOf(plan, plan.key, before),
      headers: this.#headers(header),
      sourcePartition: this.#partition,
      sourceOffset: null,
    });
    this.#records.push(record);
  }

  #row(
    plan: TablePlan,
    op: Operation,
    before: Row | null,
    after: Row | null,
    mark: SnapshotMark,
    header?: Header,
  ): void {
    const { id, row, envelope, key } = plan;
    const { ms, us, ns } = this.#now;
    const keyRow = after ?? before;
    const source = this.#source(id.schema, id.name, mark);
    const { transaction, lsn } = this.position;
    const record = new SourceRecord({
      topic: plan.topic,
      keySchema: keyRow === null ? null : key,
      key: keyRow === null || key === null ? null : keyOf(plan, key, keyRow),
      valueSchema: envelope,
      value: Struct.of(envelope, [
        before === null ? null : Struct.of(row, fieldsOf(plan, before)),
        after === null ? null : Struct.of(row, fieldsOf(plan, after)),
        source,
        transaction === null ? null : transaction.block(plan.name, lsn ?? 0),
        op,
        ms,
        us,
        ns,
      ]),
      headers: this.#headers(header),
      sourcePartition: this.#partition,
      sourceOffset: null,
    });
    this.#records.push(record);
  }

  #push(topic: string, key: Struct, value: Struct): void {
    const record = new SourceRecord({
      topic,
      keySchema: key.schema,
      key,
      valueSchema: value.schema,
      value,
      sourcePartition: this.#partition,
      sourceOffset: null,
    });
    this.#records.push(record);
  }

  #source(schema: string, table: string, mark: SnapshotMark): Struct {
    const { lsn, txId, lastCommitLsn, time, origin, originLsn } = this.position;
    const isIncremental = mark === "incremental";
    return Struct.of(SOURCE, [
      this.#version,
      "postgresql",
      this.#name,
      time.ms,
      mark,
      this.#database,
      lsn === null ? null : this.#sequence(lastCommitLsn, lsn),
      time.us,
      time.ns,
      schema,
      table,
      isIncremental ? null : txId,
      isIncremental ? null : lsn,
      null,
      origin,
      originLsn,
    ]);
  }

  /** Rows of a snapshot, and of a COPY, share it. */
  #sequence(lastCommitLsn: number | null, lsn: number): string {
    const before = this.#lastSequence;
    if (before.lsn === lsn && before.lastCommitLsn === lastCommitLsn) return before.text;
    const last = lastCommitLsn === null ? "null" : `"${lastCommitLsn}"`;
    this.#lastSequence = { lastCommitLsn, lsn, text: `[${last},"${lsn}"]` };
    return this.#lastSequence.text;
  }

  #headers(header: Header | undefined): Headers | null {
    if (header !== undefined) return new Headers([header, ...this.#context]);
    return this.#context.length === 0 ? null : new Headers(this.#context);
  }
}

function contextHeader(name: string, value: string): Header {
  return { key: `__debezium.context.${name}`, schema: STRING_SCHEMA, value };
}

function keyOf(plan: TablePlan, key: Struct["schema"], row: Row): Struct {
  const values = [];
  for (const place of plan.keyPlaces) values.push(row[place]);
  return Struct.of(key, values);
}

/** Without what only the key has. */
function fieldsOf(plan: TablePlan, row: Row): Row {
  const { length } = plan.row.fields;
  return plan.places === length ? row : row.slice(0, length);
}

function sameRow(plan: TablePlan, before: Row, after: Row): boolean {
  return Struct.of(plan.row, fieldsOf(plan, before)).equals(
    Struct.of(plan.row, fieldsOf(plan, after)),
  );
}
