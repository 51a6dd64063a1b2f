import { Client } from "pg";
import { createConnector } from "./connect-rest.ts";
import type { Story } from "./pipeline.ts";
import { proveChanges } from "./proof-of-changes.ts";

const SLOT = "demo_cities";

/** Every committed change, read from the server's log: inserts, updates and deletes. */
export const cdcStory: Story = {
  topic: "demo.public.cities",
  prepare: dropTraces,
  async connect({ postgresUrl, elasticsearchUrl }, worker) {
    const url = new URL(postgresUrl);
    const source = await createConnector(worker, "cities-cdc-source.json", {
      "database.hostname": url.hostname,
      "database.port": url.port || "5432",
      "database.user": decodeURIComponent(url.username),
      "database.password": decodeURIComponent(url.password),
      "database.dbname": url.pathname.slice(1),
    });
    const sink = await createConnector(worker, "cities-cdc-sink.json", {
      "connection.url": elasticsearchUrl,
    });
    return [source, sink];
  },
  prove: proveChanges,
  commands: ({ postgresUrl, elasticsearchUrl, index }, workerUrl) => [
    `curl ${workerUrl}/connectors?expand=status`,
    `psql '${postgresUrl}' -c "UPDATE cities SET name = 'Lutetia' WHERE name = 'Paris' AND country = 'FR'"`,
    `curl '${elasticsearchUrl}/${index}/_search?q=name:lutetia&pretty'`,
    `psql '${postgresUrl}' -c "DELETE FROM cities WHERE name = 'Lutetia'"`,
    `curl ${workerUrl}/connectors/cities-cdc-source/offsets`,
    `psql '${postgresUrl}' -c "SELECT slot_name, confirmed_flush_lsn, pg_current_wal_lsn() FROM pg_replication_slots"`,
  ],
  cleanUp: dropTraces,
};

/** A slot that nobody reads would hold back the log of a server that goes on. */
async function dropTraces(postgresUrl: string): Promise<void> {
  const client = new Client(postgresUrl);
  await client.connect();
  try {
    await client.query(
      "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active",
      [SLOT],
    );
    await client.query(`DROP PUBLICATION IF EXISTS ${SLOT}`);
  } finally {
    await client.end();
  }
}
