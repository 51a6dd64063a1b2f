import type { Props, SourceRecord, Struct } from "@millrace/connect-api";
import { MemoryOffsets, type SourceRun, startSource } from "@millrace/connect-testkit";
import { createDatabase, type Postgres, startPostgres } from "@millrace/services";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PostgresConnector } from "../src/index.ts";
import { CHURN_TABLE, Churn, type ChurnRow, churnRows, Rebuilt } from "./churn.ts";
import { markOf, opOf, rowOf } from "./support.ts";

let server: Postgres;

beforeAll(async () => {
  server = await startPostgres();
});

afterAll(() => server.close());

/** A connector that is stopped without a commit and started again, as after a crash. */
class Crashing {
  readonly #props: Props;
  readonly #offsets = new MemoryOffsets();
  readonly table = new Rebuilt();
  /** The row that is written last was told, and the last of the snapshot. */
  hasEnd = false;
  hasLast = false;
  snapshotRows = 0;
  #source: SourceRun | undefined;

  constructor(props: Props) {
    this.#props = props;
  }

  /** Takes that many events. */
  async run(count: number): Promise<void> {
    const options = { offsets: this.#offsets };
    this.#source ??= await startSource(PostgresConnector, this.#props, options);
    for (const record of await this.#source.take(count, 120_000)) this.#apply(record);
  }

  async commit(): Promise<void> {
    await this.#source?.commit();
  }

  async crash(): Promise<void> {
    await this.#source?.stop();
    this.#source = undefined;
  }

  #apply(record: SourceRecord): void {
    if (opOf(record) === "r" && markOf(record) === "last") this.hasLast = true;
    if (record.topic === "t.public.churn_end") this.hasEnd = true;
    if (record.topic !== "t.public.churn") return;
    const [id] = (record.key as Struct).values as [number];
    const old = record.headers.lastWithName("__debezium.oldkey")?.value as Struct | undefined;
    const event =
      record.value === null ? null : { op: opOf(record), after: rowOf(record) as ChurnRow | null };
    if (event?.op === "r") this.snapshotRows += 1;
    this.table.apply(id, event, old?.values[0] as number | undefined);
  }
}

test.each([1, 3])(
  "a snapshot by %i sessions and the stream lose nothing, while server and connector crash",
  async (threads) => {
    await using database = await createDatabase(server.url);
    const url = new URL(database.url);
    const sql = async <T>(run: (client: Client) => Promise<T>): Promise<T> => {
      const client = new Client({ connectionString: database.url });
      await client.connect();
      try {
        return await run(client);
      } finally {
        await client.end();
      }
    };
    await sql((client) => client.query(CHURN_TABLE));
    const churn = new Churn(database.url, 4);
    const connector = new Crashing({
      "database.hostname": url.hostname,
      "database.port": url.port,
      "database.user": "postgres",
      "database.password": "postgres",
      "database.dbname": database.name,
      "topic.prefix": "t",
      "plugin.name": "pgoutput",
      "slot.name": database.name,
      "table.include.list": "public.churn.*",
      "publication.autocreate.mode": "filtered",
      "snapshot.max.threads": String(threads),
      "max.batch.size": "100",
      "retriable.restart.connector.wait.ms": "200",
    });
    // In the snapshot, in what is left of it, and in the stream.
    for (const [round, count] of [300, 1000, 2000, 3000, 300, 300].entries()) {
      await connector.run(count);
      if (round % 2 === 0) await connector.commit();
      await connector.run(100);
      if (round % 3 === 1) {
        await server.kill();
        await server.start();
      } else await connector.crash();
    }
    await churn.stop();
    await sql((client) => client.query("INSERT INTO churn_end VALUES (1)"));
    while (!connector.hasEnd || !connector.hasLast) await connector.run(1);
    await connector.crash();

    expect(connector.snapshotRows).toBeGreaterThan(2000);
    expect(connector.table.sorted()).toEqual(await sql(churnRows));
    await sql(async (client) => {
      await client.query(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active",
      );
    });
  },
);
