import { setTimeout as delay } from "node:timers/promises";
import { KafkaClient } from "@millrace/kafka-client";
import { sharedKafka, startKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { internalTopic } from "../src/store/internal-topics.ts";
import { KafkaOffsetStore } from "../src/store/kafka-offset-store.ts";
import { GOLDEN_TOPICS } from "./support/golden-topics.ts";
import {
  createTopic,
  type PlainRecord,
  readRecords,
  uniqueName,
  writeRecords,
} from "./support/kafka-topics.ts";
import { recordingLogger } from "./support/recording-logger.ts";
import { until } from "./support/until.ts";

let servers: string;
let client: KafkaClient;

beforeAll(async () => {
  servers = await sharedKafka();
  client = new KafkaClient({ bootstrapServers: [servers] });
});
afterAll(() => client.close());

async function storeOn(topic: string, own: KafkaClient = client) {
  const logger = recordingLogger();
  const props = { "offset.storage.topic": topic, "offset.storage.replication.factor": "1" };
  const store = new KafkaOffsetStore({
    client: own,
    topic: internalTopic("offset", props, logger),
    logger,
  });
  onTestFinished(() => store.stop());
  await store.start();
  return { store, lines: logger.lines };
}

const A = '["c",{"x":1,"y":"2"}]';
const B = '["c",{"y":"2","x":1}]';

describe("KafkaOffsetStore", () => {
  it("writes what a Java worker wrote", async () => {
    const topic = uniqueName("offsets");
    const { store } = await storeOn(topic);
    const golden = GOLDEN_TOPICS["connect-offsets"];
    for (const { key, value } of golden) await store.set(new Map([[key, value]]));
    const written = await readRecords(servers, topic);
    expect(written).toHaveLength(golden.length);
    const valuesOf = (records: readonly PlainRecord[], wanted: string) =>
      records.filter(({ key }) => key === wanted).map(({ value }) => value);
    for (const { key } of golden) expect(valuesOf(written, key)).toEqual(valuesOf(golden, key));
    // The recording's only key with a path that was not replaced later by one of the same meaning.
    const other = written.find(({ key }) => key === '["src1",{"filename":"/other"}]');
    expect(other?.partition).toBe(3);
  });

  it("gives what any worker committed last, also to one that has only just started", async () => {
    const topic = uniqueName("offsets");
    const [{ store: a }, { store: b }] = [await storeOn(topic), await storeOn(topic)];
    expect(await b.get([A, '["c",null]'])).toEqual([null, null]);
    for (let i = 0; i < 20; i++) {
      const [writer, reader] = i % 2 === 0 ? [a, b] : [b, a];
      await writer.set(
        new Map([
          [A, `{"p":${i}}`],
          ['["c",null]', '{"p":1.0,"n":9223372036854775807}'],
        ]),
      );
      expect(await reader.get([A])).toEqual([`{"p":${i}}`]);
    }
    const { store: later } = await storeOn(topic);
    expect(await Promise.all([later.get([A]), later.get(['["c",null]', "x"])])).toEqual([
      ['{"p":19}'],
      ['{"p":1.0,"n":9223372036854775807}', null],
    ]);
    expect([...(await later.entries("c")).keys()].toSorted()).toEqual([A, '["c",null]'].toSorted());
    expect((await later.entries("d")).size).toBe(0);
  });

  it("keeps the key that a partition has in the topic, and deletes all that it has", async () => {
    const topic = uniqueName("offsets");
    await createTopic(servers, topic, 3, { "cleanup.policy": "compact" });
    await writeRecords(servers, topic, [{ key: A, value: '{"p":1}' }]);
    await writeRecords(servers, topic, [{ key: B, value: '{"p":2}' }]);
    const { store } = await storeOn(topic);
    expect(await store.get([A, B])).toEqual(['{"p":2}', '{"p":2}']);
    await store.set(new Map([[A, '{"p":3}']]));
    await store.get([A]);
    await store.set(new Map([[A, null]]));
    expect(await store.get([A, B])).toEqual([null, null]);
    const ofKey = async (wanted: string) =>
      (await readRecords(servers, topic)).filter(({ key }) => key === wanted).map((r) => r.value);
    expect(await ofKey(A)).toEqual(['{"p":1}', null]);
    expect(await ofKey(B)).toEqual(['{"p":2}', '{"p":3}', null]);
  });

  it("skips garbage with its place, and leaves it where it is", async () => {
    const topic = uniqueName("offsets");
    await createTopic(servers, topic, 1, { "cleanup.policy": "compact" });
    await writeRecords(servers, topic, [
      { key: A, value: '{"p":1}' },
      { key: "no json", value: "{}" },
      { key: Buffer.from([0xff]), value: "{}" },
      { key: A, value: "{" },
    ]);
    const { store, lines } = await storeOn(topic);
    expect([...(await store.entries("c"))]).toEqual([[A, '{"p":1}']]);
    expect(lines.map((line) => /-0 offset (\d)/.exec(line)?.[1])).toEqual(["1", "2", "3"]);
  });
});

describe("a broker that goes away", () => {
  it("loses nothing that was acknowledged, and writes the rest when it is back", async () => {
    await using kafka = await startKafka();
    await using own = new KafkaClient({ bootstrapServers: [kafka.bootstrapServers] });
    const { store } = await storeOn("offsets", own);
    const acknowledged: number[] = [];
    const writes: Promise<void>[] = [];
    for (let i = 0; i < 200; i++) {
      if (i % 10 === 0) await delay(5);
      writes.push(store.set(new Map([[A, `{"p":${i}}`]])).then(() => void acknowledged.push(i)));
      if (i === 100) {
        // From here on nobody would wait: what follows is written behind it all the same.
        kafka.brokers[0]!.pause();
      }
      if (i === 150) {
        kafka.brokers[0]!.resume();
        await kafka.brokers[0]!.stop();
        await kafka.brokers[0]!.start();
      }
    }
    await Promise.all(writes);
    expect(acknowledged).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(await store.get([A])).toEqual(['{"p":199}']);
    const written = await readRecords(kafka.bootstrapServers, "offsets");
    expect(written.map(({ value }) => value)).toEqual(acknowledged.map((p) => `{"p":${p}}`));
    await until("a second store reads the same", async () => {
      const { store: later } = await storeOn("offsets", own);
      return (await later.get([B]))[0] === '{"p":199}';
    });
  });

  it("a write that fails is told to its caller, and nothing is remembered of it", async () => {
    const topic = uniqueName("offsets");
    const { store } = await storeOn(topic);
    await store.set(new Map([[A, '{"p":1}']]));
    const huge = `{"p":"${"x".repeat(2_000_000)}"}`;
    await expect(store.set(new Map([[A, huge]]))).rejects.toThrow(
      `Could not write source offsets to Topic ${topic} (offset.storage.topic): `,
    );
    expect(await store.get([A])).toEqual(['{"p":1}']);
    await store.stop();
    await expect(store.get([A])).rejects.toThrow(
      "(offset.storage.topic) could not be read to its end",
    );
  });
});
