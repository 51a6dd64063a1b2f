import { setTimeout as sleep } from "node:timers/promises";
import type { KafkaMessage } from "kafkajs";
import { Client } from "pg";

/** What stands for a large value that an update has left as it was. */
const UNAVAILABLE = "__debezium_unavailable_value";

export const CHURN_TABLE = `
  CREATE SEQUENCE churn_ids;
  CREATE TABLE churn (id int PRIMARY KEY, n int NOT NULL, v text, big text);
  ALTER TABLE churn ALTER COLUMN big SET STORAGE EXTERNAL;
  CREATE TABLE churn_end (id int PRIMARY KEY);
  INSERT INTO churn SELECT nextval('churn_ids'), i, md5(i::text), repeat(md5(i::text), 1 + 200 * (i % 5))
    FROM generate_series(1, 5000) i`;

/**
 * Sessions that insert, update, delete, change keys and large values at random, in
 * transactions with savepoints, of which some are rolled back. Ids are never used twice, so
 * that a large value that an event lacks is known from the events before.
 */
export class Churn {
  readonly #url: string;
  readonly #pauseMs: number;
  readonly #done = new AbortController();
  readonly #writers: Promise<void>[];
  transactions = 0;

  /** @param pauseMs after each transaction of a session */
  constructor(url: string, writers: number, pauseMs = 0) {
    this.#url = url;
    this.#pauseMs = pauseMs;
    this.#writers = Array.from({ length: writers }, () => this.#write());
  }

  async stop(): Promise<void> {
    this.#done.abort();
    await Promise.all(this.#writers);
  }

  async #write(): Promise<void> {
    while (!this.#done.signal.aborted) {
      const client = new Client({
        connectionString: this.#url,
        options: "-c deadlock_timeout=20ms",
      });
      client.on("error", () => undefined);
      try {
        await client.connect();
        while (!this.#done.signal.aborted) {
          await this.#transaction(client);
          if (this.#pauseMs > 0) await sleep(this.#pauseMs);
        }
      } catch {
        // The server was killed, or a deadlock was resolved at this session's cost: once more.
        await sleep(20);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  async #transaction(client: Client): Promise<void> {
    const count = 1 + Math.floor(Math.random() * 5);
    const statements = ["BEGIN"];
    for (let i = 0; i < count; i++) {
      const statement = randomStatement();
      if (Math.random() < 0.2) {
        statements.push("SAVEPOINT s", statement, "ROLLBACK TO s", randomStatement());
      } else statements.push(statement);
    }
    statements.push(Math.random() < 0.1 ? "ROLLBACK" : "COMMIT");
    await client.query(statements.join("; "));
    this.transactions += 1;
  }
}

function randomStatement(): string {
  const n = Math.floor(Math.random() * 1e6);
  // One random number for the statement: one for each row would choose the same few rows.
  const some = `(SELECT id FROM churn WHERE id >= (SELECT (random() * last_value)::int FROM churn_ids) ORDER BY id LIMIT 1)`;
  const size = Math.random() < 0.3 ? 200 + Math.floor(Math.random() * 300) : 1;
  const big = `repeat(md5('${n}'), ${size})`;
  switch (Math.floor(Math.random() * 6)) {
    case 0:
    case 1:
      return `INSERT INTO churn VALUES (nextval('churn_ids'), ${n}, '${n}', ${big})`;
    case 2:
      return `UPDATE churn SET n = ${n} WHERE id = ${some}`;
    case 3:
      return `UPDATE churn SET v = NULL, big = ${big} WHERE id = ${some}`;
    case 4:
      return `UPDATE churn SET id = nextval('churn_ids') WHERE id = ${some}`;
    default:
      return `DELETE FROM churn WHERE id = ${some}`;
  }
}

export interface ChurnRow {
  readonly id: number;
  readonly n: number;
  readonly v: string | null;
  readonly big: string;
}

/** An event of the table: null for a tombstone. */
export type ChurnEvent = { readonly op: string; readonly after: ChurnRow | null } | null;

/** Makes the table again of its events, whatever of them comes more than once. */
export class Rebuilt {
  readonly rows = new Map<number, ChurnRow>();
  /** Large values that were told, by id; an id is one row for good. */
  readonly #large = new Map<number, string>();

  /** A record in JSON without schemas. */
  take({ key, value, headers }: KafkaMessage): void {
    const { id } = JSON.parse(String(key)) as { id: number };
    const event = value && (JSON.parse(String(value)) as ChurnEvent);
    const header = headers?.["__debezium.oldkey"];
    const old = header === undefined ? undefined : (JSON.parse(String(header)) as { id: number });
    this.apply(id, event, old?.id);
  }

  /** @param oldId the id before a change of keys */
  apply(id: number, event: ChurnEvent, oldId: number | undefined): void {
    if (event === null || event.after === null) {
      this.rows.delete(id);
      return;
    }
    const { after } = event;
    const known = this.#large.get(oldId ?? id) ?? this.#large.get(id);
    const big = after.big === UNAVAILABLE ? known : after.big;
    // A stream that begins before the snapshot may pass an id that no snapshot has shown.
    if (big !== undefined) this.#large.set(id, big);
    this.rows.set(id, { ...after, big: big ?? UNAVAILABLE });
  }

  sorted(): ChurnRow[] {
    return [...this.rows.values()].toSorted((a, b) => a.id - b.id);
  }
}

/** The table as it is. */
export async function churnRows(client: Client): Promise<ChurnRow[]> {
  const { rows } = await client.query<ChurnRow>("SELECT id, n, v, big FROM churn ORDER BY id");
  return rows;
}
