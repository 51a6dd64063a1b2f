import { setTimeout as sleep } from "node:timers/promises";
import {
  type ConnectWorker,
  type Mysql,
  startConnectWorker,
  startKafka,
  startMysql,
  startPostgres,
} from "@millrace/services";
import { createConnection } from "mysql2/promise";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { countRecords, readTopic } from "../src/read-topic.ts";

const JDBC = "io.confluent.connect.jdbc.JdbcSourceConnector";
const WATERMARK_MINUTES = 10;

const PROPERTIES = {
  "offset.flush.interval.ms": 500,
  "value.converter.schemas.enable": false,
};

const idOf = (value: string) => (JSON.parse(value) as { id: number }).id;

async function untilTopicHas(servers: string, topic: string, ids: number): Promise<Set<number>> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const seen = new Set((await readTopic(servers, topic)).map(idOf));
    if (seen.size >= ids || Date.now() > deadline) return seen;
    await sleep(1000);
  }
}

describe("concurrent writers", () => {
  it(`with open transactions and equal times lose nothing in ${WATERMARK_MINUTES} minutes of watermark.safe`, async () => {
    await using kafka = await startKafka();
    await using postgres = await startPostgres();
    await using worker = await startConnectWorker({
      bootstrapServers: kafka.bootstrapServers,
      properties: PROPERTIES,
    });
    const admin = new Client(postgres.url);
    await admin.connect();
    await admin.query(`CREATE SEQUENCE ids;
      CREATE TABLE events (id bigint NOT NULL, at timestamptz NOT NULL, n int NOT NULL)`);
    const url = new URL(postgres.url);
    for (const [prefix, safe] of [
      ["safe-", "true"],
      ["unsafe-", "false"],
    ] as const) {
      await worker.client.create(`${prefix}events`, {
        "connector.class": JDBC,
        "connection.url": `jdbc:postgresql://${url.host}${url.pathname}`,
        "connection.user": url.username,
        "connection.password": url.password,
        "connection.ApplicationName": prefix,
        mode: "timestamp+incrementing",
        "incrementing.column.name": "id",
        "timestamp.column.name": "at",
        "table.whitelist": "events",
        "topic.prefix": prefix,
        "poll.interval.ms": "20",
        "watermark.safe": safe,
      });
    }
    const end = Date.now() + WATERMARK_MINUTES * 60_000;
    const write = async (seed: number): Promise<number> => {
      const client = new Client(postgres.url);
      await client.connect();
      let rows = 0;
      for (let i = seed; Date.now() < end; i += 7) {
        await client.query("BEGIN");
        await client.query("SELECT pg_sleep($1)", [(i % 13) / 100]);
        // Some by the transaction's time, several with the same; some by the moment's.
        const now = i % 3 === 0 ? "clock_timestamp()" : "now()";
        await client.query(
          `INSERT INTO events SELECT nextval('ids'), ${now}, ${seed} FROM generate_series(1, 5)`,
        );
        await client.query("SELECT pg_sleep($1)", [(i % 17) / 50]);
        await client.query(i % 5 === 0 ? "ROLLBACK" : "COMMIT");
        if (i % 5 !== 0) rows += 5;
      }
      await client.end();
      return rows;
    };
    const written = (await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(write))).reduce(
      (a, b) => a + b,
    );
    const seen = await untilTopicHas(kafka.bootstrapServers, "safe-events", written);
    const { rows } = await admin.query<{ id: string }>("SELECT id FROM events");
    await admin.end();
    const missed = new Set((await readTopic(kafka.bootstrapServers, "unsafe-events")).map(idOf));
    console.log({ written, safe: seen.size, without: missed.size });
    expect(rows.map(({ id }) => Number(id)).filter((id) => !seen.has(id))).toEqual([]);
    // The writers are such that reading up to now does lose rows.
    expect(missed.size).toBeLessThan(written);
  });
});

describe("MySQL", () => {
  const ROWS = 200_000;
  const KILLS = 5;

  async function fill(mysql: Mysql): Promise<void> {
    const connection = await createConnection(mysql.url);
    await connection.query("CREATE DATABASE shop");
    await connection.query(
      "CREATE TABLE shop.events (id bigint PRIMARY KEY AUTO_INCREMENT, at timestamp(6) NOT NULL DEFAULT now(6), payload varchar(100))",
    );
    await connection.query(`SET cte_max_recursion_depth = ${ROWS}`);
    await connection.query(
      `INSERT INTO shop.events (payload) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) SELECT md5(i) FROM n`,
    );
    await connection.end();
  }

  const create = (worker: ConnectWorker, mysql: Mysql) =>
    worker.client.create("events", {
      "connector.class": JDBC,
      "connection.url": `jdbc:mysql://127.0.0.1:${mysql.port}/shop`,
      "connection.user": new URL(mysql.url).username,
      "connection.password": new URL(mysql.url).password,
      mode: "timestamp+incrementing",
      "incrementing.column.name": "id",
      "timestamp.column.name": "at",
      "table.whitelist": "events",
      "topic.prefix": "mysql-",
      "poll.interval.ms": "50",
      "batch.max.rows": "200",
      "connection.backoff.ms": "200",
    });

  it(`rows survive ${KILLS} kills of the worker and of the database`, async () => {
    await using kafka = await startKafka();
    await using mysql = await startMysql();
    await fill(mysql);
    await using worker = await startConnectWorker({
      bootstrapServers: kafka.bootstrapServers,
      properties: PROPERTIES,
    });
    await create(worker, mysql);
    const sent = () => countRecords(kafka.bootstrapServers, "mysql-events");
    for (let kill = 1; kill <= KILLS; kill++) {
      const before = await sent();
      while ((await sent()) < Math.min(before + 2000, ROWS)) await sleep(10);
      await mysql.kill();
      await mysql.start();
      const between = await sent();
      while ((await sent()) < Math.min(between + 2000, ROWS)) await sleep(10);
      await worker.kill();
      await worker.start();
      await create(worker, mysql);
    }
    const seen = await untilTopicHas(kafka.bootstrapServers, "mysql-events", ROWS);
    expect(seen.size).toBe(ROWS);
  });
});

describe("how fast", () => {
  const ROWS = 1_000_000;

  it("PostgreSQL comes into Kafka: at least 0.6 of what the driver reads with a cursor", async () => {
    await using kafka = await startKafka();
    await using postgres = await startPostgres();
    const client = new Client(postgres.url);
    await client.connect();
    await client.query(`
      CREATE TABLE big (id bigint PRIMARY KEY, name text NOT NULL, city varchar(40), n int,
        price numeric(12,2), created timestamp, updated timestamptz, ok boolean, f double precision, note text);
      INSERT INTO big SELECT i, 'name of row ' || i, CASE WHEN i % 7 > 0 THEN 'city ' || i % 1000 END,
        i % 100000, (i % 100000) / 7.0, timestamp '2020-01-01' + i * interval '1.001 second',
        timestamptz '2020-01-01' + i * interval '1.001 second', i % 2 = 0, i / 3.0,
        'some note text that is a bit longer, row ' || i
      FROM generate_series(1, ${ROWS}) i`);
    await client.query("VACUUM ANALYZE big");

    const bare = async (): Promise<number> => {
      const begun = performance.now();
      await client.query("BEGIN; DECLARE c NO SCROLL CURSOR FOR SELECT * FROM big ORDER BY id");
      for (let rows = 0, got = -1; got !== 0; rows += got) {
        got = (await client.query({ text: "FETCH 1000 FROM c", rowMode: "array" })).rows.length;
      }
      await client.query("COMMIT");
      return ROWS / ((performance.now() - begun) / 1000);
    };

    await using worker = await startConnectWorker({
      bootstrapServers: kafka.bootstrapServers,
      properties: PROPERTIES,
    });
    const url = new URL(postgres.url);
    const connector = async (run: number): Promise<number> => {
      const begun = performance.now();
      await worker.client.create(`big-${run}`, {
        "connector.class": JDBC,
        "connection.url": `jdbc:postgresql://${url.host}${url.pathname}`,
        "connection.user": url.username,
        "connection.password": url.password,
        mode: "incrementing",
        "incrementing.column.name": "id",
        "table.whitelist": "big",
        "topic.prefix": `run-${run}-`,
      });
      while ((await countRecords(kafka.bootstrapServers, `run-${run}-big`)) < ROWS) await sleep(20);
      const rate = ROWS / ((performance.now() - begun) / 1000);
      await worker.client.request("DELETE", `/connectors/big-${run}`);
      return rate;
    };

    const rates: { bare: number; connector: number }[] = [];
    for (let run = 1; run <= 3; run++) {
      rates.push({ bare: Math.round(await bare()), connector: Math.round(await connector(run)) });
    }
    await client.end();
    console.log(rates);
    const best = (kind: "bare" | "connector") => Math.max(...rates.map((rate) => rate[kind]));
    expect(best("connector") / best("bare")).toBeGreaterThan(0.6);
  });
});
