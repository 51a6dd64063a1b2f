import { SchemaBuilder, STRING_SCHEMA, Struct } from "@millrace/connect-api";
import { conformance } from "@millrace/connect-testkit/conformance";
import { sharedElasticsearch, sharedOpenSearch } from "@millrace/services";
import { documents, dropIndex, uniqueName } from "./elasticsearch.ts";

const ITEM = SchemaBuilder.struct().name("Item").field("text", STRING_SCHEMA).build();

conformance({
  packageDir: `${import.meta.dirname}/..`,
  drivers: (
    [
      ["io.confluent.connect.elasticsearch.ElasticsearchSinkConnector", sharedElasticsearch],
      ["io.aiven.kafka.connect.opensearch.OpensearchSinkConnector", sharedOpenSearch],
    ] as const
  ).map(([name, server]) => {
    return {
      kind: "sink",
      class: name,
      idempotent: true,
      open: async () => {
        const topic = uniqueName();
        const url = await server();
        return {
          props: { "connection.url": url, topics: topic },
          record: (i) => ({
            keySchema: STRING_SCHEMA,
            key: `k${i}`,
            valueSchema: ITEM,
            value: new Struct(ITEM).put("text", `item ${i}`),
          }),
          identify: ({ key, value }) =>
            JSON.stringify([key, { text: (value as Struct).getString("text") }]),
          read: async () =>
            [...(await documents(topic, url))].map(([id, source]) => JSON.stringify([id, source])),
          close: () => dropIndex(topic, url),
        };
      },
    };
  }),
});
