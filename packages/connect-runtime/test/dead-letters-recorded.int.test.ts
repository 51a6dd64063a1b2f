import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sharedKafka } from "@millrace/services";
import { describe, expect, test } from "vitest";
import { kafkajs, uniqueName } from "./support/kafka-topics.ts";
import { readFirst, type ReadRecord } from "./support/letters.ts";
import { StandaloneWorker } from "./support/standalone-worker.ts";

type Text = string | { readonly base64: string } | null;

interface RecordedRow {
  readonly key: Text;
  readonly value: Text;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

interface Case {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  readonly letters: {
    readonly partitions: number;
    readonly records: readonly RecordedRow[];
  } | null;
  readonly file: string | null;
  readonly task: { readonly state: string; readonly trace?: string };
  readonly offsets: readonly Readonly<Record<string, number>>[];
}

const { input, cases } = JSON.parse(
  readFileSync(new URL("golden/dead-letters.json", import.meta.url), "utf8"),
) as { readonly input: readonly RecordedRow[]; readonly cases: readonly Case[] };

const LONG = { timeout: 60_000, interval: 100 };

/** What differs between two workers: traces below their first line. */
function normalise(text: string): string {
  return text.replace(/\n\tat [^]*$/, "\n\tat …");
}

function bytes(text: Text): Buffer | null {
  if (text === null) return null;
  return typeof text === "string" ? Buffer.from(text) : Buffer.from(text.base64, "base64");
}

async function writeInput(bootstrapServers: string, topic: string): Promise<void> {
  const producer = kafkajs(bootstrapServers).producer();
  await producer.connect();
  const messages = input.map(({ key, value, headers }) => ({
    key: bytes(key),
    value: bytes(value),
    headers: Object.fromEntries(headers),
    partition: 0,
  }));
  await producer.send({ topic, messages });
  await producer.disconnect();
}

async function partitionsOf(bootstrapServers: string, topic: string): Promise<number> {
  const admin = kafkajs(bootstrapServers).admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return offsets.length;
}

const placed = (topic: string) => (text: string) => text.replaceAll("TOPIC", topic);

describe("dead letters as Kafka Connect writes them", () => {
  test("the same bad records give the same letters, files, states and offsets", async () => {
    const bootstrapServers = await sharedKafka();
    const topic = uniqueName("d-in");
    const place = placed(topic);
    await writeInput(bootstrapServers, topic);
    const original = await readFirst(bootstrapServers, topic, input.length);
    const timestampOf = (letter: ReadRecord) =>
      original.find(({ value, key }) => same(value, letter.value) && same(key, letter.key))
        ?.timestamp;
    const worker = await StandaloneWorker.start(bootstrapServers);
    const sinks = cases.filter(({ config }) => config["connector.class"] === "FileStreamSink");
    expect(sinks).toHaveLength(7);
    for (const { name, config } of sinks) {
      const entries = Object.entries(config).map(([key, value]) => [key, place(value)] as const);
      await worker.client.create(`${name}-${topic}`, {
        ...Object.fromEntries(entries),
        file: worker.fileOf(name),
      });
    }
    for (const { name, config, letters, file, task, offsets } of sinks) {
      const connector = `${name}-${topic}`;
      await expect
        .poll(() => worker.client.status(connector).then((s) => s?.tasks[0]?.state), LONG)
        .toBe(task.state);
      await expect.poll(() => worker.committed(connector), LONG).toBe(offsets[0]?.["kafka_offset"]);
      expect([name, worker.written(name)]).toEqual([name, file]);
      const trace = (await worker.client.status(connector))?.tasks[0]?.trace;
      expect(trace && normalise(trace)).toBe(task.trace);
      if (letters === null) continue;
      const dlq = place(config["errors.deadletterqueue.topic.name"]!);
      const found = await readFirst(bootstrapServers, dlq, letters.records.length);
      expect(await partitionsOf(bootstrapServers, dlq)).toBe(letters.partitions);
      expect(
        found.map(({ key, value, headers }) => ({
          key,
          value,
          headers: headers.map(([k, v]) => [k, normalise(v).replaceAll(connector, name)]),
        })),
      ).toEqual(
        letters.records.map(({ key, value, headers }) => ({
          key: bytes(key),
          value: bytes(value),
          headers: headers.map(([k, v]) => [k, normalise(place(v))]),
        })),
      );
      for (const letter of found) expect(letter.timestamp).toBe(timestampOf(letter));
    }
    const errors = worker.log.filter(({ message }) => message.startsWith("Error encountered"));
    const [first] = errors;
    // Only one of them asked for its errors in the log.
    expect(errors).toHaveLength(3);
    expect(first!.message.replaceAll(topic, "TOPIC")).toBe(
      `Error encountered in task d-headers-TOPIC-0. Executing stage 'VALUE_CONVERTER' with class 'org.apache.kafka.connect.json.JsonConverter', where consumed record is {topic='TOPIC', partition=0, offset=1, timestamp=${original[1]!.timestamp}, timestampType=CreateTime}.`,
    );
  });

  test("a source skips what it cannot transform, and commits nothing of it", async () => {
    const bootstrapServers = await sharedKafka();
    const { config, task, offsets } = cases.find(({ name }) => name === "d-src-skip")!;
    const connector = uniqueName("d-src-skip");
    const worker = await StandaloneWorker.start(bootstrapServers);
    const file = join(worker.folder, "in.txt");
    writeFileSync(file, "a\nb\nc\n");
    const entries = Object.entries(config).map(([k, v]) => [k, placed(connector)(v)]);
    await worker.client.create(connector, { ...Object.fromEntries(entries), file });
    const errors = () =>
      worker.log.filter(({ message }) => message.startsWith("Error encountered"));
    await expect.poll(() => errors().length, LONG).toBe(3);
    expect(errors()[0]!.message).toMatch(
      /^Error encountered in task d-src-skip\S*-0\. Executing stage 'TRANSFORMATION' with class 'org\.apache\.kafka\.connect\.transforms\.Cast\$Value', where source record is = SourceRecord\{sourcePartition=\{filename=\S+\}, sourceOffset=\{position=2\}\} ConnectRecord\{topic='\S+', kafkaPartition=null, key=null, keySchema=null, value=a, valueSchema=Schema\{STRING\}, timestamp=\d+, headers=ConnectHeaders\(headers=\)\}\.$/,
    );
    expect((await worker.client.status(connector))?.tasks[0]?.state).toBe(task.state);
    expect(await worker.endOf(connector)).toBe(
      "read 3, written 0, filtered 0, skipped 3, still held 0",
    );
    expect(await worker.committed(connector)).toBe(offsets[0]);
  });
});

function same(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
