import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ConnectAnswer,
  type ConnectWorker,
  sharedKafka,
  startConnectWorker,
  startDistributedWorker,
} from "@millrace/services";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { countRecords, otherClient, readTopic } from "../src/read-topic.ts";

const PATIENCE = { timeout: 60_000, interval: 100 };
const STRING = "org.apache.kafka.connect.storage.StringConverter";
const PROPERTIES = {
  "offset.flush.interval.ms": 500,
  "key.converter": STRING,
  "value.converter": STRING,
  "scheduled.rebalance.max.delay.ms": 0,
};
const LINES = Array.from({ length: 20 }, (_, i) => `line ${i} ✓`);
const bytesOf = (lines: readonly string[]) =>
  Buffer.byteLength(lines.map((l) => `${l}\n`).join(""));

type Message = { readonly message: string };

let kafka: string;

beforeAll(async () => {
  kafka = await sharedKafka();
});

describe.each(["standalone", "distributed"] as const)("a %s worker", (mode) => {
  const id = `offsets-${mode}-${randomUUID()}`;
  const [topic, source, sink] = [id, `source-${id}`, `sink-${id}`];
  let worker: ConnectWorker;
  let input: string;
  let output: string;

  beforeAll(async () => {
    const options = { bootstrapServers: kafka, properties: PROPERTIES };
    worker =
      mode === "standalone"
        ? await startConnectWorker(options)
        : await startDistributedWorker({ ...options, groupId: id });
    // A worker of a cluster answers before it has joined.
    await vi.waitFor(async () => {
      const { status } = await worker.client.request("GET", "/health");
      if (status !== 200) throw new Error(`It is not healthy yet: ${status}`);
    }, PATIENCE);
    input = join(worker.folder, "in.txt");
    output = join(worker.folder, "out.txt");
    await writeFile(input, LINES.map((line) => `${line}\n`).join(""));
    await worker.client.create(source, {
      "connector.class": "FileStreamSource",
      file: input,
      topic,
    });
    await written(LINES);
    await worker.client.create(sink, {
      "connector.class": "FileStreamSink",
      file: output,
      topics: topic,
    });
    await read(LINES);
  });
  afterAll(() => worker?.close());

  /** Waits until this, and nothing else, is in the topic. */
  async function written(lines: readonly string[]): Promise<void> {
    await vi.waitFor(
      async () => expect(await countRecords(kafka, topic)).toBe(lines.length),
      PATIENCE,
    );
    expect(await readTopic(kafka, topic)).toEqual(lines);
  }

  /** Waits until this, and nothing else, is in the output. */
  async function read(lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => `${line}\n`).join("");
    await vi.waitFor(
      async () => expect(await readFile(output, "utf8").catch(() => "")).toBe(text),
      PATIENCE,
    );
  }

  /** Asks again while a rebalance is due. */
  async function change(method: "PATCH" | "DELETE", name: string, body?: object) {
    let answer!: ConnectAnswer<Message>;
    const ask = async () => {
      answer = await worker.client.request<Message>(method, `/connectors/${name}/offsets`, body);
      return answer.status;
    };
    await vi.waitFor(async () => expect(await ask()).not.toBe(409), PATIENCE);
    return answer;
  }

  async function offsets(name: string): Promise<unknown> {
    return (await worker.client.request("GET", `/connectors/${name}/offsets`)).body;
  }

  async function stop(name: string): Promise<void> {
    await worker.client.ask("stop", name);
    await worker.client.waitFor(name, "STOPPED", 30_000, 0);
  }

  const position = (at: number) => ({
    offsets: [{ partition: { filename: input }, offset: { position: at } }],
  });
  const kafkaOffset = (at: number) => ({
    offsets: [
      { partition: { kafka_topic: topic, kafka_partition: 0 }, offset: { kafka_offset: at } },
    ],
  });
  const altered = {
    status: 200,
    body: { message: "The offsets for this connector have been altered successfully" },
  };
  const reset = {
    status: 200,
    body: { message: "The offsets for this connector have been reset successfully" },
  };

  it("reads a file again from where its offset is altered to, or from the beginning", async () => {
    expect((await change("PATCH", source, position(0))).status).toBe(400);
    await stop(source);
    expect(await offsets(source)).toEqual(position(bytesOf(LINES)));
    expect((await change("PATCH", source, position(-1))).status).toBe(500);
    expect(await offsets(source)).toEqual(position(bytesOf(LINES)));

    const back = LINES.slice(0, 15);
    expect(await change("PATCH", source, position(bytesOf(back)))).toEqual(altered);
    expect(await offsets(source)).toEqual(position(bytesOf(back)));
    await worker.client.ask("resume", source);
    const again = [...LINES, ...LINES.slice(15)];
    await written(again);

    await stop(source);
    for (const _ of [0, 1]) expect(await change("DELETE", source)).toEqual(reset);
    expect(await offsets(source)).toEqual({ offsets: [] });
    await worker.client.ask("resume", source);
    await written([...again, ...LINES]);
    await read([...again, ...LINES]);
  });

  it("writes records again from where a sink's offset is altered to, or all of them", async () => {
    const all = await readTopic(kafka, topic);
    const before = await readFile(output, "utf8");
    const seen = before.split("\n").slice(0, -1);
    await stop(sink);
    expect(await offsets(sink)).toEqual(kafkaOffset(all.length));
    expect(await change("PATCH", sink, kafkaOffset(all.length - 3))).toEqual(altered);
    expect(await offsets(sink)).toEqual(kafkaOffset(all.length - 3));
    await worker.client.ask("resume", sink);
    await read([...seen, ...all.slice(-3)]);

    await stop(sink);
    for (const _ of [0, 1]) expect(await change("DELETE", sink)).toEqual(reset);
    expect(await offsets(sink)).toEqual({ offsets: [] });
    await worker.client.ask("resume", sink);
    await read([...seen, ...all.slice(-3), ...all]);
  });

  it("changes nothing while a task that was given up is still in the group", async () => {
    await stop(sink);
    const before = await offsets(sink);
    const zombie = otherClient(kafka).consumer({ groupId: `connect-${sink}` });
    onTestFinished(() => zombie.disconnect());
    await zombie.connect();
    await zombie.subscribe({ topic });
    const joined = new Promise((resolve) => zombie.on("consumer.group_join", resolve));
    await zombie.run({ autoCommit: false, eachMessage: async () => undefined });
    await joined;
    const [at] = (before as ReturnType<typeof kafkaOffset>).offsets;
    const forget = { offsets: [{ ...at, offset: null }] };
    for (const body of [kafkaOffset(1), forget, undefined]) {
      const refused = await change(body ? "PATCH" : "DELETE", sink, body);
      expect(refused.status).toBe(500);
      const what = body ? "alter" : "reset";
      expect(refused.body.message).toBe(
        `Failed to ${what} consumer group offsets for connector ${sink} either because its tasks haven't stopped completely yet or the connector was resumed before the request to ${what} its offsets could be successfully completed. If the connector is in a stopped state, this operation can be safely retried. If it doesn't eventually succeed, the Connect cluster may need to be restarted to get rid of the zombie sink tasks.`,
      );
    }
    expect(await offsets(sink)).toEqual(before);
    await zombie.disconnect();
    expect(await change("PATCH", sink, forget)).toEqual(altered);
    expect(await offsets(sink)).toEqual({ offsets: [] });
  });
});
