import { INT64_SCHEMA, STRING_SCHEMA } from "@millrace/connect-api";
import { conformance } from "@millrace/connect-testkit/conformance";
import type { Struct } from "@millrace/connect-api";
import { rowOf, structOf, testDatabase } from "./support.ts";

const KEY = structOf({ id: INT64_SCHEMA }, "key");
const ITEM = structOf({ text: STRING_SCHEMA });

conformance({
  packageDir: `${import.meta.dirname}/..`,
  drivers: [
    {
      kind: "sink",
      class: "io.confluent.connect.jdbc.JdbcSinkConnector",
      idempotent: true,
      async open() {
        const database = await testDatabase();
        await database.sql("CREATE TABLE items (id bigint PRIMARY KEY, text text)");
        return {
          props: {
            ...database.props,
            topics: "items",
            "insert.mode": "upsert",
            "pk.mode": "record_key",
            "delete.enabled": "true",
            "max.retries": "0",
          },
          record: (i) => ({
            keySchema: KEY,
            key: rowOf(KEY, { id: i }),
            valueSchema: ITEM,
            value: rowOf(ITEM, { text: `item ${i}` }),
          }),
          identify: ({ key, value }) =>
            JSON.stringify([String((key as Struct).get("id")), (value as Struct).get("text")]),
          read: async () =>
            (await database.sql("SELECT id, text FROM items")).map((row) => JSON.stringify(row)),
          close: async () => await database[Symbol.asyncDispose](),
        };
      },
    },
  ],
});
