import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { refresh } from "./counts.ts";
import { differences } from "./differences.ts";
import type { Pipeline } from "./pipeline.ts";
import { proveInsert, proveSearch } from "./proof.ts";

const ARRIVAL_MS = 60_000;
const LOOK_MS = 200;

/** One transaction that does everything that a row can suffer, some of it twice. */
const CHANGES = `
  BEGIN;
  UPDATE cities SET admin2 = 'changed' WHERE id % 100 = 1;
  DELETE FROM cities WHERE id % 100 = 2;
  INSERT INTO cities (name, country, latitude, longitude)
    SELECT 'New ' || name, country, latitude, longitude FROM cities WHERE id % 100 = 3;
  UPDATE cities SET id = id + 10000000 WHERE id % 1000 = 4;
  SAVEPOINT mistake;
  DELETE FROM cities;
  ROLLBACK TO mistake;
  UPDATE cities SET name = upper(name) WHERE id % 200 = 1;
  COMMIT`;

/**
 * Shows that table and index are equal, row by row and field by field, after the snapshot and
 * after changes of every kind.
 * @throws {Error} saying what differs
 */
export async function proveChanges(pipeline: Pipeline): Promise<void> {
  await proveEqual(pipeline, "the snapshot");
  const client = new Client(pipeline.postgresUrl);
  await client.connect();
  try {
    const results = (await client.query(CHANGES)) as unknown as { rowCount: number | null }[];
    const [, updated, deleted, inserted, moved] = results.map(({ rowCount }) => rowCount);
    console.log(
      `  one transaction: ${updated} rows updated, ${deleted} deleted, ${inserted} inserted, ${moved} with new keys, and a deletion of all that is rolled back`,
    );
  } finally {
    await client.end();
  }
  await seen(pipeline);
  await proveEqual(pipeline, "these changes");
  await proveSearch(pipeline);
  await proveInsert(pipeline);
}

/** Waits for what the transaction did last, which costs less than to compare everything. */
async function seen({ postgresUrl, elasticsearchUrl, index }: Pipeline): Promise<void> {
  const client = new Client(postgresUrl);
  await client.connect();
  const { rows } = await client.query<{ id: string }>("SELECT max(id) AS id FROM cities");
  await client.end();
  const startedAt = performance.now();
  for (;;) {
    const response = await fetch(`${elasticsearchUrl}/${index}/_doc/${rows[0]!.id}`);
    if (response.ok) return;
    if (performance.now() - startedAt > ARRIVAL_MS) {
      throw new Error(`Row ${rows[0]!.id} did not appear in the index`);
    }
    await delay(LOOK_MS);
  }
}

async function proveEqual(pipeline: Pipeline, after: string): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    await refresh(pipeline.elasticsearchUrl, pipeline.index);
    const { rows, differing, example } = await differences(pipeline);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    if (differing === 0) {
      console.log(
        `✓ after ${after}, ${rows} rows and ${rows} documents are equal in every field (${seconds} s)`,
      );
      return;
    }
    if (performance.now() - startedAt > ARRIVAL_MS) {
      throw new Error(`${differing} rows and documents differ after ${after}, such as ${example}`);
    }
    await delay(LOOK_MS);
  }
}
