import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Elasticsearch,
  type Postgres,
  sharedKafka,
  startElasticsearch,
  startPostgres,
} from "@millrace/services";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { countRecords } from "../src/read-topic.ts";
import { Witness } from "./support/witness.ts";

const JDBC = "io.confluent.connect.jdbc.JdbcSourceConnector";
const ELASTICSEARCH = "io.confluent.connect.elasticsearch.ElasticsearchSinkConnector";
const FILE_SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const SECRET = "kept-out-of-outages";
const LONG = { timeout: 90_000, interval: 250 };

let kafka: string;
let witness: Witness;

beforeAll(async () => {
  kafka = await sharedKafka();
  witness = await Witness.start({ bootstrapServers: kafka }, [SECRET]);
});
afterEach(async () => {
  await witness.expectUndisturbed();
  await witness.expectNoSecrets();
});
afterAll(() => witness?.[Symbol.asyncDispose]());

describe("PostgreSQL", () => {
  const prefix = `outage-${randomUUID()}-`;
  const name = `orders-${prefix}`;
  let postgres: Postgres;

  beforeAll(async () => {
    postgres = await startPostgres();
    await sql(`
      CREATE TABLE orders (id serial PRIMARY KEY, note text);
      INSERT INTO orders (note) SELECT 'note ' || i FROM generate_series(1, 1000) AS i;
      CREATE ROLE reader LOGIN PASSWORD '${SECRET}';
      GRANT SELECT ON orders TO reader`);
  });
  afterAll(() => postgres?.close());

  async function sql(text: string): Promise<void> {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  }

  const config = () => ({
    "connector.class": JDBC,
    "connection.url": `jdbc:postgresql://127.0.0.1:${postgres.port}/postgres`,
    "connection.user": "reader",
    "connection.password": SECRET,
    "connection.backoff.ms": "500",
    mode: "incrementing",
    "incrementing.column.name": "id",
    "table.whitelist": "orders",
    "topic.prefix": prefix,
    "poll.interval.ms": "100",
  });
  const records = () => countRecords(kafka, `${prefix}orders`);

  it("that is away when the connector is made: 400, and once it is back, 201", async () => {
    await postgres.stop();
    const refused = await witness.create(name, config());
    expect(refused.status).toBe(400);
    expect(refused.body.message).toMatch(/ECONNREFUSED.*Check connection\.url, and that the data/);
    await postgres.start();
    expect((await witness.create(name, config())).status).toBe(201);
    await witness.worker.client.waitFor(name);
    await expect.poll(records, LONG).toBe(1000);
  });

  it.each(["stop", "kill"] as const)(
    "that is away for a while (%s): the connector goes on by itself, without loss",
    async (how) => {
      const before = await records();
      await postgres[how]();
      await expect.poll(() => witness.log(), LONG).toMatch(/Could not connect to PostgreSQL/);
      // Meanwhile the rest of the worker is as usual, and the task waits.
      await witness.expectUndisturbed();
      await witness.worker.client.waitFor(name);
      await postgres.start();
      await sql("INSERT INTO orders (note) SELECT 'more' FROM generate_series(1, 500)");
      await expect.poll(records, LONG).toBe(before + 500);
      await witness.worker.client.waitFor(name);
    },
  );

  it("that takes the right to read away: FAILED, and a restart mends it", async () => {
    const before = await records();
    await sql("REVOKE SELECT ON orders FROM reader; INSERT INTO orders (note) VALUES ('one')");
    expect(await witness.failure(name)).toMatch(
      /permission denied.*GRANT what it takes on the table/,
    );
    await sql("GRANT SELECT ON orders TO reader");
    const restart = `/connectors/${name}/restart?includeTasks=true&onlyFailed=true`;
    expect((await witness.request("POST", restart)).status).toBe(202);
    await expect.poll(records, LONG).toBe(before + 1);
    await witness.worker.client.waitFor(name);
  });

  it("whose table is dropped: FAILED, with what to do", async () => {
    await sql("DROP TABLE orders");
    expect(await witness.failure(name)).toMatch(/orders.*Create the table, or take it out/);
    expect((await witness.request("DELETE", `/connectors/${name}`)).status).toBe(204);
  });
});

describe("Elasticsearch", () => {
  const topic = `outage-${randomUUID()}`;
  const name = `sink-${topic}`;
  let elasticsearch: Elasticsearch;
  let written = 0;

  beforeAll(async () => {
    elasticsearch = await startElasticsearch();
    await writeLines(100);
    const lines = {
      "connector.class": FILE_SOURCE,
      file: input(),
      topic,
      "value.converter": "org.apache.kafka.connect.storage.StringConverter",
    };
    await witness.worker.client.create(`source-${topic}`, lines);
  });
  afterAll(() => elasticsearch?.close());

  const input = () => join(witness.worker.folder, `${topic}.in`);

  /** Lines of JSON, which the sink reads as such. */
  async function writeLines(count: number): Promise<void> {
    const lines = Array.from({ length: count }, () => `{"n": ${++written}}\n`);
    await writeFile(input(), lines.join(""), { flag: "a" });
  }

  const config = (changes: Record<string, string> = {}) => ({
    "connector.class": ELASTICSEARCH,
    "connection.url": elasticsearch.url,
    topics: topic,
    "key.ignore": "true",
    "schema.ignore": "true",
    "key.converter": "org.apache.kafka.connect.storage.StringConverter",
    "value.converter.schemas.enable": "false",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    ...changes,
  });

  async function documents(): Promise<number> {
    const response = await fetch(`${elasticsearch.url}/${topic}/_refresh`, { method: "POST" });
    if (!response.ok) return 0;
    const counted = await fetch(`${elasticsearch.url}/${topic}/_count`);
    return ((await counted.json()) as { count: number }).count;
  }

  it("that is away for a while: the sink goes on by itself, without loss", async () => {
    // It waits in the sink's own way for as long as this test takes.
    const patient = config({ "max.retries": "100", "retry.backoff.ms": "200" });
    expect((await witness.create(name, patient)).status).toBe(201);
    await expect.poll(documents, LONG).toBe(100);
    await elasticsearch.kill();
    await writeLines(500);
    await expect.poll(() => witness.log(), LONG).toMatch(/ECONNREFUSED/);
    await witness.expectUndisturbed();
    await elasticsearch.start();
    await expect.poll(documents, LONG).toBe(600);
    await witness.worker.client.waitFor(name);
  });

  it("that is away for longer than the sink waits: FAILED, and a restart mends it", async () => {
    const impatient = config({ "max.retries": "1", "retry.backoff.ms": "100" });
    expect((await witness.request("PUT", `/connectors/${name}/config`, impatient)).status).toBe(
      200,
    );
    await witness.worker.client.waitFor(name);
    await elasticsearch.stop();
    await writeLines(50);
    expect(await witness.failure(name, 60_000)).toMatch(/ECONNREFUSED.*check connection\.url/);
    await elasticsearch.start();
    expect((await witness.request("POST", `/connectors/${name}/tasks/0/restart`)).status).toBe(204);
    await expect.poll(documents, LONG).toBe(650);
  });
});
