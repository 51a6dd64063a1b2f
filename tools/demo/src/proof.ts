import { setTimeout as delay } from "node:timers/promises";
import { countDocuments, refresh, search } from "./counts.ts";
import { insertCity } from "./dataset.ts";
import type { Pipeline } from "./pipeline.ts";

const ARRIVAL_MS = 30_000;
/** Between two looks for the new row: well under what is measured. */
const LOOK_MS = 10;

/**
 * Shows that everything arrived and that new rows follow by themselves.
 * @throws {Error} saying what is not as it should be
 */
export async function prove(pipeline: Pipeline, rows: number): Promise<void> {
  await proveCounts(pipeline, rows);
  await proveSearch(pipeline);
  await proveInsert(pipeline);
}

async function proveCounts(
  { topic, elasticsearchUrl, index }: Pipeline,
  rows: number,
): Promise<void> {
  await refresh(elasticsearchUrl, index);
  const records = await topic.read();
  const documents = await countDocuments(elasticsearchUrl, index);
  const line = `${rows} rows in PostgreSQL, ${records} records in Kafka, ${documents} documents in Elasticsearch`;
  if (records !== rows || documents !== rows) throw new Error(`The counts differ: ${line}`);
  console.log(`✓ counts are equal: ${line}`);
}

export async function proveSearch({ elasticsearchUrl, index }: Pipeline): Promise<void> {
  const hits = await search(elasticsearchUrl, index, "name", "reykjavík");
  if (!hits.some((hit) => hit.name === "Reykjavík" && hit.country === "IS")) {
    throw new Error(`A search for "reykjavík" did not find it: ${JSON.stringify(hits)}`);
  }
  console.log(
    `✓ full-text search for "reykjavík" finds ${hits.map((hit) => `${hit.name} (${hit.country})`).join(", ")}`,
  );
}

export async function proveInsert({
  postgresUrl,
  elasticsearchUrl,
  index,
}: Pipeline): Promise<void> {
  const word = `millrace${Date.now()}`;
  const startedAt = performance.now();
  const id = await insertCity(postgresUrl, `Port ${word}`);
  while (performance.now() - startedAt < ARRIVAL_MS) {
    await refresh(elasticsearchUrl, index);
    if ((await search(elasticsearchUrl, index, "name", word)).length > 0) {
      const ms = Math.round(performance.now() - startedAt);
      console.log(`✓ a row inserted now (id ${id}) was found in the index after ${ms} ms`);
      return;
    }
    await delay(LOOK_MS);
  }
  throw new Error(
    `A row inserted now (id ${id}) did not appear in the index within ${ARRIVAL_MS / 1000} s`,
  );
}
