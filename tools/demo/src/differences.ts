import { Client } from "pg";
import type { Pipeline } from "./pipeline.ts";

const PAGE = 10_000;
const FIELDS = ["id", "name", "country", "latitude", "longitude", "admin1", "admin2", "added_at"];

export interface Differences {
  readonly rows: number;
  /** Rows without an equal document, and documents without an equal row. */
  readonly differing: number;
  readonly example: string;
}

/** Compares the table with the index, by id, in every field. */
export async function differences({
  postgresUrl,
  elasticsearchUrl,
  index,
}: Pipeline): Promise<Differences> {
  const rows = await readRows(postgresUrl);
  const left = new Map(rows);
  let differing = 0;
  let example = "";
  for await (const { id, fields } of readDocuments(elasticsearchUrl, index)) {
    const row = left.get(id);
    left.delete(id);
    if (row === fields) continue;
    differing += 1;
    example ||= `${row ?? `no row ${id}`} and ${fields}`;
  }
  for (const row of left.values()) example ||= `${row} and no document`;
  return { rows: rows.size, differing: differing + left.size, example };
}

/** Fields as one text, in which equal rows and documents are equal. */
async function readRows(url: string): Promise<Map<string, string>> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; fields: unknown[] }>(
      `SELECT id::text, json_build_array(id, name, country, latitude::text, longitude::text, admin1, admin2,
         trim_scale(extract(epoch FROM added_at) * 1000000)::bigint) AS fields FROM cities`,
    );
    return new Map(rows.map(({ id, fields }) => [id, JSON.stringify(fields)]));
  } finally {
    await client.end();
  }
}

/** All documents in the order of their ids, a page at a time. */
async function* readDocuments(
  elasticsearchUrl: string,
  index: string,
): AsyncGenerator<{ id: string; fields: string }> {
  let after: unknown[] | undefined;
  for (;;) {
    const response = await fetch(`${elasticsearchUrl}/${index}/_search`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ size: PAGE, sort: [{ id: "asc" }], search_after: after }),
    });
    if (!response.ok) {
      throw new Error(
        `Elasticsearch answered ${response.status} to a search: ${await response.text()}`,
      );
    }
    const { hits } = (await response.json()) as {
      hits: { hits: { _id: string; _source: Record<string, unknown>; sort: unknown[] }[] };
    };
    for (const { _id: id, _source: source } of hits.hits) {
      const fields = FIELDS.map((name) =>
        name === "added_at" ? microsOf(String(source[name])) : (source[name] ?? null),
      );
      yield { id, fields: JSON.stringify(fields) };
    }
    if (hits.hits.length < PAGE) return;
    after = hits.hits.at(-1)?.sort;
  }
}

/** `2026-11-27T10:00:00.123456Z` as microseconds since the epoch. */
function microsOf(text: string): number {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? "";
  const seconds = Date.parse(text.replace(/\.\d+/, "")) / 1000;
  return seconds * 1e6 + Number(fraction.padEnd(6, "0"));
}
