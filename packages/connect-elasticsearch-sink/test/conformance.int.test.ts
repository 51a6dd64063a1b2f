import { SchemaBuilder, STRING_SCHEMA, Struct } from "@millrace/connect-api";
import { conformance } from "@millrace/connect-testkit/conformance";
import { sharedElasticsearch } from "@millrace/services";
import { documents, dropIndex, uniqueName } from "./elasticsearch.ts";

const ITEM = SchemaBuilder.struct().name("Item").field("text", STRING_SCHEMA).build();

conformance({
  packageDir: `${import.meta.dirname}/..`,
  drivers: [
    {
      kind: "sink",
      class: "io.confluent.connect.elasticsearch.ElasticsearchSinkConnector",
      idempotent: true,
      open: async () => {
        const topic = uniqueName();
        return {
          props: { "connection.url": await sharedElasticsearch(), topics: topic },
          record: (i) => ({
            keySchema: STRING_SCHEMA,
            key: `k${i}`,
            valueSchema: ITEM,
            value: new Struct(ITEM).put("text", `item ${i}`),
          }),
          identify: ({ key, value }) =>
            JSON.stringify([key, { text: (value as Struct).getString("text") }]),
          read: async () =>
            [...(await documents(topic))].map(([id, source]) => JSON.stringify([id, source])),
          close: () => dropIndex(topic),
        };
      },
    },
  ],
});
