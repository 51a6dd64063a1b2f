import { setTimeout as sleep } from "node:timers/promises";
import { startDistributedWorker, startKafka, startPostgres } from "@millrace/services";
import { Client } from "pg";
import { expect, test } from "vitest";
import { CHURN_TABLE, Churn, churnRows, Rebuilt } from "./churn.ts";
import { endOf, readTopic } from "./topic.ts";
import { captureConfig, PLAIN_JSON } from "./worker-config.ts";

const ROWS = 300_000;
const KILLS = 10;
const TOPIC = "killed.public.churn";
/** Of a row that is written last. */
const END_ID = -1;

interface Event {
  readonly op: string;
  readonly source: { readonly snapshot: string };
}

test.each([1, 3])(
  "a snapshot by %i sessions whose worker is killed ten times goes on where it was, beside 4 writers",
  async (threads) => {
    await using kafka = await startKafka();
    await using postgres = await startPostgres();
    await using worker = await startDistributedWorker({
      bootstrapServers: kafka.bootstrapServers,
      groupId: "snapshot-kill",
      properties: {
        "exactly.once.source.support": "enabled",
        // The group lets go of a killed worker soon.
        "session.timeout.ms": 6000,
        "heartbeat.interval.ms": 1000,
        ...PLAIN_JSON,
      },
    });
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(CHURN_TABLE);
    await client.query(
      `INSERT INTO churn SELECT nextval('churn_ids'), i, 'v', md5(i::text) FROM generate_series(1, ${ROWS}) i`,
    );
    // Few enough changes that kills meet the rows of the snapshot, too.
    const churn = new Churn(postgres.url, 4, 50);
    await worker.client.create("killed", {
      ...captureConfig(postgres.url, "killed"),
      "table.include.list": "public.churn.*",
      "snapshot.max.threads": String(threads),
      "max.batch.size": "512",
    });
    let end = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const more = 1 + Math.random() * 20_000;
      const wanted = end + more;
      const deadline = Date.now() + 120_000;
      while ((end = await endOf(kafka.bootstrapServers, TOPIC)) < wanted) {
        if (Date.now() > deadline) throw new Error(`Only ${end} of ${wanted} records came`);
        await worker.client.throwIfFailed("killed");
        await sleep(10);
      }
      await worker.kill();
      await worker.start();
    }
    await churn.stop();
    await client.query(`INSERT INTO churn VALUES (${END_ID}, 0, NULL, '')`);

    const table = new Rebuilt();
    /** How often a row was read, for those that never changed. */
    const readings = new Map<number, number>();
    const changed = new Set<number>();
    let records = 0;
    let lastAt = 0;
    let hasEnd = false;
    await readTopic(kafka.bootstrapServers, TOPIC, (message) => {
      const { id } = JSON.parse(String(message.key)) as { id: number };
      const event = message.value && (JSON.parse(String(message.value)) as Event);
      table.take(message);
      records += 1;
      if (event?.op === "r") readings.set(id, (readings.get(id) ?? 0) + 1);
      else changed.add(id);
      if (event?.source.snapshot === "last") lastAt = Number(message.offset);
      hasEnd ||= id === END_ID;
      // The last change may come before the rows that are left, which have it then.
      return hasEnd && lastAt > 0;
    });
    const rows = await churnRows(client);
    await client.end();
    const all = [...readings.values()].reduce((sum, count) => sum + count, 0);
    console.log(
      `${threads} threads: ${rows.length} rows, ${records} records, ${all} of them read, ${churn.transactions} transactions`,
    );
    expect(lastAt, "the snapshot went on after the last kill").toBeGreaterThan(end);
    expect(table.sorted()).toEqual(rows);
    const again = [...readings].filter(([id, count]) => count > 1 && !changed.has(id));
    expect(again).toEqual([]);
    expect(all).toBeLessThan(rows.length + KILLS * changed.size);
  },
);
