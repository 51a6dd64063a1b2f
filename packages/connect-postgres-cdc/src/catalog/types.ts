import type { Connection, Rows } from "../client.ts";
import type { PgType } from "../types/pg-type.ts";

/** Types of extensions that have a form of their own, whatever schema they were installed into. */
const EXTENSION_TYPES = [
  "citext",
  "geography",
  "geometry",
  "halfvec",
  "hstore",
  "isbn",
  "ltree",
  "sparsevec",
  "vector",
];

const TYPES = `
  SELECT t.oid, t.typname,
    CASE WHEN n.nspname = 'pg_catalog' OR t.typname = ANY ('{${EXTENSION_TYPES.join(",")}}')
      THEN t.typname::text ELSE '' END,
    t.typtype,
    CASE WHEN t.typcategory = 'A' AND t.typlen = -1 AND t.typname NOT IN ('int2vector', 'oidvector')
      THEN t.typelem ELSE 0 END,
    t.typbasetype, t.typtypmod
  FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
  WHERE t.typtype <> 'c'`;

const LABELS = `
  SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum ORDER BY enumtypid, enumsortorder`;

/** All types of the database but those of tables. */
export async function loadTypes(connection: Connection): Promise<Map<number, PgType>> {
  const attempted = "Could not read the types";
  const labels = labelsByType(await connection.query(LABELS, attempted));
  const rows = await connection.query(TYPES, attempted);
  return new Map(
    rows.map(([oid, name, form, kind, elementOid, baseOid, baseModifier]) => [
      Number(oid),
      {
        oid: Number(oid),
        name: name ?? "",
        form: form ?? "",
        kind: kind ?? "b",
        elementOid: Number(elementOid),
        baseOid: Number(baseOid),
        baseModifier: Number(baseModifier),
        labels: labels.get(oid ?? "") ?? [],
      },
    ]),
  );
}

function labelsByType(rows: Rows): Map<string, string[]> {
  const labels = new Map<string, string[]>();
  for (const [type, label] of rows) {
    const known = labels.get(type ?? "") ?? [];
    known.push(label ?? "");
    labels.set(type ?? "", known);
  }
  return labels;
}
