import { SchemaBuilder, STRING_SCHEMA, Struct } from "@millrace/connect-api";
import { conformance } from "@millrace/connect-testkit/conformance";
import { Bucket } from "./bucket.ts";

const ITEM = SchemaBuilder.struct().name("Item").field("text", STRING_SCHEMA).build();

conformance({
  packageDir: `${import.meta.dirname}/..`,
  timeoutMs: 900_000,
  drivers: [
    {
      kind: "sink",
      class: "io.confluent.connect.s3.S3SinkConnector",
      idempotent: true,
      open: async () => {
        const bucket = await Bucket.create();
        return {
          props: {
            ...bucket.props,
            topics: "items",
            "format.class": "io.confluent.connect.s3.format.json.JsonFormat",
            "flush.size": "1",
          },
          record: (i) => ({
            valueSchema: ITEM,
            value: new Struct(ITEM).put("text", `item ${i}`),
          }),
          identify: ({ value }) => (value as Struct).getString("text")!,
          read: async () =>
            (await bucket.jsonLines()).map((line) => (line as { text: string }).text),
          close: () => bucket[Symbol.asyncDispose](),
        };
      },
    },
  ],
});
