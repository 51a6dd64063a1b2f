import { setTimeout as sleep } from "node:timers/promises";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startConnectWorker, startKafka, startMinio } from "@millrace/services";
import { expect, onTestFinished, test } from "vitest";
import { otherClient } from "../src/read-topic.ts";
import { Bucket } from "./support/bucket.ts";

const RECORDS = Number(process.env["S3_RECORDS"] ?? 1_000_000);
const KILLS = Number(process.env["S3_KILLS"] ?? 100);
const PARTITIONS = 4;
const TOPIC = "events";
const START = Date.parse("2024-01-01T00:00:00Z");
/** So that the records are of 40 hours. */
const MS_PER_RECORD = 144;

const LAYOUTS = {
  default: {},
  timebased: {
    "partitioner.class": "io.confluent.connect.storage.partitioner.TimeBasedPartitioner",
    "partition.duration.ms": "3600000",
    "path.format": "'year'=YYYY/'month'=MM/'day'=dd/'hour'=HH",
    locale: "en-US",
    timezone: "Europe/Berlin",
    "timestamp.extractor": "Record",
  },
};

/** How often each number is in the objects of a layout. */
async function counts(bucket: Bucket, layout: string): Promise<Uint8Array> {
  const found = new Uint8Array(RECORDS);
  const keys = (await bucket.keys()).filter((key) => key.startsWith(`${layout}/`));
  for (let at = 0; at < keys.length; at += 16) {
    const contents = await Promise.all(keys.slice(at, at + 16).map((key) => bucket.read(key)));
    for (const content of contents) {
      for (const [, id] of content.toString().matchAll(/\{"id":(\d+)\}\n/g)) found[Number(id)]!++;
    }
  }
  return found;
}

test(`${RECORDS} records survive ${KILLS} kills, each in exactly one object`, async () => {
  await using kafka = await startKafka({
    properties: { "group.min.session.timeout.ms": 500, "message.max.bytes": 20_000_000 },
  });
  await using minio = await startMinio();
  await using bucket = await Bucket.create(minio);
  const client = otherClient(kafka.bootstrapServers);
  const admin = client.admin();
  await admin.connect();
  // The records are of long ago.
  const configEntries = [{ name: "retention.ms", value: "-1" }];
  await admin.createTopics({
    topics: [{ topic: TOPIC, numPartitions: PARTITIONS, configEntries }],
  });
  await admin.disconnect();
  const producer = client.producer();
  await producer.connect();

  const folder = await mkdtemp(join(tmpdir(), "millrace-s3-kill-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = await Promise.all(
    Object.entries(LAYOUTS).map(async ([name, layout]) => {
      const file = join(folder, `${name}.json`);
      const config = {
        "connector.class": "io.confluent.connect.s3.S3SinkConnector",
        topics: TOPIC,
        "tasks.max": "4",
        "flush.size": "1000",
        "format.class": "io.confluent.connect.s3.format.json.JsonFormat",
        "topics.dir": name,
        ...layout,
        ...bucket.props,
      };
      await writeFile(file, JSON.stringify({ name: `s3-${name}`, config }));
      return file;
    }),
  );
  await using worker = await startConnectWorker({
    bootstrapServers: kafka.bootstrapServers,
    connectorFiles: files,
    properties: {
      "offset.flush.interval.ms": 300,
      "value.converter": "org.apache.kafka.connect.json.JsonConverter",
      "value.converter.schemas.enable": false,
      // A killed worker's partitions are free when its session is over.
      "consumer.session.timeout.ms": 1_000,
      "consumer.heartbeat.interval.ms": 200,
    },
  });

  const perKill = RECORDS / KILLS;
  const sends: Promise<unknown>[] = [];
  const send = (from: number): void => {
    const batches = Array.from({ length: PARTITIONS }, (_, partition) =>
      Array.from({ length: perKill / PARTITIONS }, (_, i) => {
        const id = from + i * PARTITIONS + partition;
        return {
          partition,
          value: JSON.stringify({ id }),
          timestamp: String(START + id * MS_PER_RECORD),
        };
      }),
    );
    sends.push(...batches.map((messages) => producer.send({ topic: TOPIC, messages, acks: -1 })));
  };
  for (let kill = 0; kill < KILLS; kill++) {
    send(kill * perKill);
    await sleep(Math.random() * 2_500);
    await worker.kill();
    await worker.start();
  }
  await Promise.all(sends);
  await producer.disconnect();

  const ones = new Uint8Array(RECORDS).fill(1);
  for (const layout of Object.keys(LAYOUTS)) {
    const deadline = Date.now() + 180_000;
    let found = await counts(bucket, layout);
    while (found.includes(0) && Date.now() < deadline) {
      await sleep(1_000);
      found = await counts(bucket, layout);
    }
    const objects = (await bucket.keys()).filter((key) => key.startsWith(layout)).length;
    console.log({
      layout,
      objects,
      lost: found.filter((n) => n === 0).length,
      twice: found.filter((n) => n > 1).length,
    });
    expect(Buffer.compare(found, ones)).toBe(0);
  }
});
