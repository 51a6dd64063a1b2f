import { conformance } from "@millrace/connect-testkit/conformance";
import { testDatabase } from "./support.ts";

conformance({
  packageDir: `${import.meta.dirname}/..`,
  drivers: [
    {
      kind: "source",
      class: "io.confluent.connect.jdbc.JdbcSourceConnector",
      async open() {
        const database = await testDatabase();
        await database.sql("CREATE TABLE items (id serial PRIMARY KEY, name text)");
        return {
          props: {
            ...database.props,
            mode: "incrementing",
            "table.whitelist": "items",
            "connection.attempts": "1",
          },
          async write(count) {
            await database.sql(
              `INSERT INTO items (name) SELECT 'item ' || random() FROM generate_series(1, ${count})`,
            );
          },
          close: () => database[Symbol.asyncDispose](),
        };
      },
    },
  ],
});
