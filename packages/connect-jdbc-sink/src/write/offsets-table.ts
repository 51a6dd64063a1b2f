import {
  ConnectError,
  INT32_SCHEMA,
  INT64_SCHEMA,
  isRetriable,
  RetriableError,
  type Schema,
  type SinkRecord,
  STRING_SCHEMA,
  type TopicPartition,
  TopicPartitionMap,
} from "@millrace/connect-api";
import {
  type Dialect,
  faultOf,
  kindOf,
  type NewColumn,
  plainName,
  quoteName,
  type QuoteMethod,
  quoteTable,
  type Session,
  type TableId,
  type Writing,
} from "@millrace/jdbc-dialects";

/** Names that are no reserved word anywhere. */
const CONNECTOR = "connector_name";
const TOPIC = "topic_name";
const PARTITION = "topic_partition";
const NEXT = "next_offset";

export interface OffsetsTableOptions {
  readonly dialect: Dialect;
  readonly writing: Writing;
  readonly table: TableId;
  readonly quoting: QuoteMethod;
  readonly connector: string;
  /** Reads on from these offsets. */
  readonly rewind: (offsets: TopicPartitionMap<number>) => void;
}

/**
 * Offsets in the target itself, written by the transaction that writes the rows (`offsets.table`):
 * whatever happens, both are there or neither. Each writer moves an offset on from the one it knows:
 * one that was left behind by a rebalance finds another there, and writes nothing.
 */
export class OffsetsTable {
  readonly #options: OffsetsTableOptions;
  readonly #sql: ReturnType<typeof statements>;
  /** The next offset of each partition of this task; null where none is stored. */
  readonly #known = new TopicPartitionMap<number | null>();
  #isThere = false;

  constructor(options: OffsetsTableOptions) {
    this.#options = options;
    this.#sql = statements(options);
  }

  /** Looks up what is stored of these partitions, and has them read on from there. */
  async open(session: Session, partitions: readonly TopicPartition[]): Promise<void> {
    await this.#ensure(session);
    const rewinds = new TopicPartitionMap<number>();
    for (const partition of partitions) {
      const next = await this.#read(session, partition);
      this.#known.set(partition, next);
      if (next !== null) rewinds.set(partition, next);
    }
    if (rewinds.size > 0) this.#options.rewind(rewinds);
  }

  close(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#known.delete(partition);
  }

  /** After an error that leaves open whether the last transaction was committed. */
  forget(): void {
    this.#known.clear();
  }

  /** Those that no transaction has written yet. */
  async unwritten(
    session: Session,
    records: readonly SinkRecord[],
  ): Promise<readonly SinkRecord[]> {
    await this.#ensure(session);
    for (const partition of partitionsOf(records).keys()) {
      if (!this.#known.has(partition))
        this.#known.set(partition, await this.#read(session, partition));
    }
    return records.filter((record) => {
      const next = this.#known.get(partitionOf(record));
      return next === undefined || next === null || record.originalKafkaOffset >= next;
    });
  }

  /**
   * Moves the offsets on past the records, in the transaction that is open.
   * @throws {RetriableError} when another task has moved them; they are read again then
   */
  async advance(session: Session, records: readonly SinkRecord[]): Promise<void> {
    const { connector } = this.#options;
    for (const [partition, next] of partitionsOf(records)) {
      const known = this.#known.get(partition) ?? null;
      const key = [connector, partition.topic, partition.partition];
      let refusal: unknown;
      let changed = 0;
      try {
        changed =
          known === null
            ? await session.execute(this.#sql.insert, [...key, next])
            : await session.execute(this.#sql.update, [next, ...key, known]);
      } catch (error) {
        // The row is there already.
        if (faultOf(error)?.kind !== "constraint") throw error;
        refusal = error;
      }
      if (changed === 1) continue;
      this.#known.clear();
      throw new RetriableError(
        `Another task has written ${partition.topic}-${partition.partition} beyond offset ${known ?? 0} meanwhile: its offset is read again from ${plainName(this.#options.table)}`,
        { cause: refusal },
      );
    }
  }

  /** The transaction is committed. */
  advanced(records: readonly SinkRecord[]): void {
    for (const [partition, next] of partitionsOf(records)) this.#known.set(partition, next);
  }

  /** Sets or, with null, removes offsets; for an operator, while nothing runs. */
  async alter(session: Session, offsets: TopicPartitionMap<number | null>): Promise<void> {
    await this.#ensure(session);
    const { connector } = this.#options;
    await session.transaction(async () => {
      for (const [partition, next] of offsets) {
        const key = [connector, partition.topic, partition.partition];
        await session.execute(this.#sql.remove, key);
        if (next !== null) await session.execute(this.#sql.insert, [...key, next]);
      }
    });
  }

  async #read(session: Session, { topic, partition }: TopicPartition): Promise<number | null> {
    const key = [this.#options.connector, topic, partition];
    const [row] = await session.query(this.#sql.select, key);
    return row === undefined ? null : Number(row[0]);
  }

  async #ensure(session: Session): Promise<void> {
    if (this.#isThere) return;
    const { writing, table, quoting } = this.#options;
    const look = () => writing.describeTable(session, table, quoting);
    if ((await look()) === undefined) {
      const columns = [
        column(CONNECTOR, STRING_SCHEMA, true),
        column(TOPIC, STRING_SCHEMA, true),
        column(PARTITION, INT32_SCHEMA, true),
        column(NEXT, INT64_SCHEMA, false),
      ];
      try {
        await session.execute(writing.createTable(table, columns, quoting));
      } catch (error) {
        if (isRetriable(error)) throw error;
        // Another task may have been first.
        if ((await look()) === undefined) {
          const why = error instanceof Error ? error.message : String(error);
          throw new ConnectError(
            `Table ${plainName(table)} for offsets (offsets.table) could not be created: ${why}`,
            { cause: error },
          );
        }
      }
    }
    this.#isThere = true;
  }
}

function statements({ dialect, writing, table, quoting }: OffsetsTableOptions) {
  const { identifiers } = dialect;
  const name = (text: string) => quoteName(identifiers, text, quoting);
  const target = quoteTable(identifiers, table, quoting);
  const mark = (number: number) => writing.placeholder(number);
  const where = (from: number) =>
    [CONNECTOR, TOPIC, PARTITION].map((key, i) => `${name(key)} = ${mark(from + i)}`).join(" AND ");
  const all = [CONNECTOR, TOPIC, PARTITION, NEXT];
  return {
    select: `SELECT ${name(NEXT)} FROM ${target} WHERE ${where(1)}`,
    insert: `INSERT INTO ${target}(${all.map(name).join(",")}) VALUES(${all.map((_, i) => mark(i + 1)).join(",")})`,
    update: `UPDATE ${target} SET ${name(NEXT)} = ${mark(1)} WHERE ${where(2)} AND ${name(NEXT)} = ${mark(5)}`,
    remove: `DELETE FROM ${target} WHERE ${where(1)}`,
  };
}

const column = (name: string, schema: Schema, isKey: boolean): NewColumn => ({
  name,
  kind: kindOf(schema),
  isKey,
  optional: false,
  defaultValue: null,
});

const partitionOf = (record: SinkRecord): TopicPartition => ({
  topic: record.originalTopic,
  partition: record.originalKafkaPartition,
});

/** The next offset of each partition after these records. */
function partitionsOf(records: readonly SinkRecord[]): TopicPartitionMap<number> {
  const next = new TopicPartitionMap<number>();
  for (const record of records) next.set(partitionOf(record), record.originalKafkaOffset + 1);
  return next;
}
