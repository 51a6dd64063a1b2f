import {
  conformance,
  type SinkDriver,
  type SourceDriver,
} from "@millrace/connect-testkit/conformance";
import { INT64_SCHEMA } from "@millrace/connect-api";
import { toStruct, VALUE_SCHEMA } from "../src/item-schema.ts";
import { ExampleServer } from "./example-server.ts";

const source: SourceDriver = {
  kind: "source",
  class: "com.example.ExampleSourceConnector",
  open: async () => {
    const server = await ExampleServer.start();
    return {
      props: {
        "example.url": server.url,
        "example.token": "right",
        topic: "items",
        "poll.interval.ms": "20",
      },
      write: async (count) => {
        for (let i = 0; i < count; i++) server.add(`item ${Math.random()}`);
      },
      close: () => server[Symbol.asyncDispose](),
    };
  },
};

const sink: SinkDriver = {
  kind: "sink",
  class: "com.example.ExampleSinkConnector",
  idempotent: true,
  open: async () => {
    const server = await ExampleServer.start();
    return {
      props: { "example.url": server.url, "example.token": "right", topics: "items" },
      record: (i) => ({
        keySchema: INT64_SCHEMA,
        key: BigInt(i),
        valueSchema: VALUE_SCHEMA,
        value: toStruct({ id: i, name: `item ${i}` }),
      }),
      identify: ({ key }) => String(key),
      read: async () => [...server.items.keys()].map(String),
      close: () => server[Symbol.asyncDispose](),
    };
  },
};

conformance({ packageDir: `${import.meta.dirname}/..`, drivers: [source, sink] });
