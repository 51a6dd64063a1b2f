import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  decimalSchema,
  Decimal,
  INT64_SCHEMA,
  OPTIONAL_STRING_SCHEMA,
  SchemaBuilder,
  Struct,
} from "@millrace/connect-api";
import { AvroConverter } from "@millrace/connect-schema-registry";
import {
  minioOf,
  sharedKafka,
  sharedMinio,
  sharedSchemaRegistry,
  startConnectWorker,
} from "@millrace/services";
import { expect, test } from "vitest";
import { otherClient } from "../src/read-topic.ts";
import { Bucket } from "./support/bucket.ts";

const ORDER = SchemaBuilder.struct()
  .name("com.example.Order")
  .field("id", INT64_SCHEMA)
  .field("note", OPTIONAL_STRING_SCHEMA)
  .field("price", decimalSchema(2, { precision: 10 }))
  .build();

// The S3 server may have to be built.
test(
  "Avro from a topic lands as Parquet, whole batches of flush.size",
  { timeout: 900_000 },
  async () => {
    const [bootstrapServers, registry] = await Promise.all([sharedKafka(), sharedSchemaRegistry()]);
    await using bucket = await Bucket.create(minioOf(await sharedMinio()));
    const topic = `orders-${randomUUID()}`;
    const converter = new AvroConverter();
    converter.configure({ "schema.registry.url": registry }, false);
    const producer = otherClient(bootstrapServers).producer();
    await producer.connect();
    const messages: { value: Buffer; partition: number }[] = [];
    for (let id = 0; id < 2_500; id++) {
      const order = Struct.of(ORDER, [
        id,
        id % 3 === 0 ? null : `note ${id}`,
        new Decimal(BigInt(id), 2),
      ]);
      const value = await converter.fromConnectData(topic, [], ORDER, order);
      messages.push({ value: value!, partition: 0 });
    }
    await producer.send({ topic, messages });
    await producer.disconnect();
    converter.close();

    await using worker = await startConnectWorker({ bootstrapServers });
    await worker.client.create("lake", {
      "connector.class": "io.confluent.connect.s3.S3SinkConnector",
      topics: topic,
      "s3.region": "us-west-2",
      "format.class": "io.confluent.connect.s3.format.parquet.ParquetFormat",
      "flush.size": "1000",
      ...bucket.props,
      "value.converter": "io.confluent.connect.avro.AvroConverter",
      "value.converter.schema.registry.url": registry,
    });
    const deadline = Date.now() + 60_000;
    while ((await bucket.keys()).length < 2 && Date.now() < deadline) await sleep(50);
    const name = `topics/${topic}/partition=0/${topic}+0+`;
    expect(await bucket.keys()).toEqual([
      `${name}0000000000.snappy.parquet`,
      `${name}0000001000.snappy.parquet`,
    ]);
    const content = await bucket.read(`${name}0000001000.snappy.parquet`);
    expect([content.subarray(0, 4).toString(), content.subarray(-4).toString()]).toEqual([
      "PAR1",
      "PAR1",
    ]);
  },
);
