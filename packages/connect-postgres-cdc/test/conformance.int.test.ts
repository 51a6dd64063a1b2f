import { conformance } from "@millrace/connect-testkit/conformance";
import { testDatabase } from "./support.ts";

conformance({
  packageDir: `${import.meta.dirname}/..`,
  drivers: [
    {
      kind: "source",
      class: "io.debezium.connector.postgresql.PostgresConnector",
      async open() {
        const database = await testDatabase();
        await database.sql("CREATE TABLE items (id serial PRIMARY KEY, name text)");
        return {
          props: {
            ...database.props,
            "publication.autocreate.mode": "filtered",
            "table.include.list": "public.items",
          },
          async write(count) {
            await database.sql(
              `INSERT INTO items (name) SELECT 'item ' || random() FROM generate_series(1, ${count})`,
            );
          },
          // Times differ, and a snapshot shows what was streamed before.
          identify: ({ key }) => JSON.stringify(key),
          close: () => database[Symbol.asyncDispose](),
        };
      },
    },
  ],
});
