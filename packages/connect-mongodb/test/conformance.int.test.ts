import { conformance } from "@millrace/connect-testkit/conformance";
import { testDatabase } from "./mongo.ts";

conformance({
  packageDir: `${import.meta.dirname}/..`,
  drivers: [
    {
      kind: "source",
      class: "com.mongodb.kafka.connect.MongoSourceConnector",
      async open() {
        const database = await testDatabase();
        const ns = { db: database.db.databaseName, coll: "items" };
        let written = 0;
        return {
          props: {
            ...database.props,
            collection: "items",
            pipeline: JSON.stringify([{ $addFields: { ns } }]),
            "startup.mode": "timestamp",
            "startup.mode.timestamp.start.at.operation.time": String(Math.floor(Date.now() / 1000)),
            "poll.await.time.ms": "50",
          },
          async write(count) {
            const documents = Array.from({ length: count }, () => ({ _id: ++written as never }));
            await database.collection("items").insertMany(documents);
          },
          identify: ({ key }) => String(key),
          close: () => database[Symbol.asyncDispose](),
        };
      },
    },
    {
      kind: "sink",
      class: "com.mongodb.kafka.connect.MongoSinkConnector",
      idempotent: true,
      async open() {
        const database = await testDatabase();
        return {
          props: { ...database.props, topics: "items" },
          record: (i) => ({
            topic: "items",
            key: `{"_id": ${i}}`,
            value: `{"_id": ${i}, "n": "item ${i}"}`,
          }),
          identify: ({ value }) => String(JSON.parse(String(value))._id),
          read: async () => (await database.documents("items")).map(({ _id }) => String(_id)),
          close: () => database[Symbol.asyncDispose](),
        };
      },
    },
  ],
});
