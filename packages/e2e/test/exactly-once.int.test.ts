import { randomUUID } from "node:crypto";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ConnectWorker,
  makeRunFolder,
  type RunFolder,
  sharedKafka,
  startDistributedWorker,
} from "@millrace/services";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readCommitted } from "../src/read-committed.ts";
import { countRecords } from "../src/read-topic.ts";

const PROPERTIES = {
  "exactly.once.source.support": "enabled",
  "scheduled.rebalance.max.delay.ms": 0,
  "session.timeout.ms": 6_000,
  "heartbeat.interval.ms": 1_500,
  "rest.wait.for.rebalance.ms": 30_000,
  "value.converter": "org.apache.kafka.connect.storage.StringConverter",
};

let bootstrapServers: string;
let folder: RunFolder;
let worker: ConnectWorker;
const groupId = `eos-${randomUUID()}`;

beforeAll(async () => {
  bootstrapServers = await sharedKafka();
  folder = makeRunFolder("exactly-once");
  worker = await startDistributedWorker({ bootstrapServers, groupId, properties: PROPERTIES });
});
afterAll(async () => {
  await worker?.close();
  await folder?.remove();
});

/** A source of a file with so many numbered lines. */
async function source(lines: number, more: Record<string, string> = {}) {
  const name = `lines-${randomUUID()}`;
  const file = join(folder.path, name);
  const expected = Array.from({ length: lines }, (_, i) => `line ${i}`);
  await writeFile(file, expected.map((line) => `${line}\n`).join(""));
  const config = {
    "connector.class": "FileStreamSource",
    file,
    topic: name,
    "batch.size": "100",
    ...more,
  };
  onTestFinished(async () => {
    await worker.client.request("DELETE", `/connectors/${name}`);
  });
  return { name, file, config, expected, size: expected.join("\n").length + 1 };
}

async function position(name: string): Promise<number | undefined> {
  const { body } = await worker.client.request<{
    offsets?: { offset: { position: number } }[];
  }>("GET", `/connectors/${name}/offsets`);
  return body?.offsets?.[0]?.offset.position;
}

describe("a source that delivers exactly once", () => {
  it.each(["poll", "interval"])("ends its transactions by %s", async (boundary) => {
    const { name, config, expected, size } = await source(5_000, {
      "transaction.boundary": boundary,
      "transaction.boundary.interval.ms": "300",
    });
    await worker.client.create(name, config);
    await expect.poll(() => position(name), { timeout: 30_000 }).toBe(size);
    // Transactions leave their markers among the records.
    expect(await countRecords(bootstrapServers, name)).toBeGreaterThan(expected.length);
    expect(await readCommitted(bootstrapServers, name)).toEqual(expected);
  });

  it("repeats and loses nothing when its worker is killed", async () => {
    const { name, config, expected, size } = await source(40_000);
    await worker.client.create(name, config);
    for (const share of [0.2, 0.6]) {
      await expect
        .poll(() => countRecords(bootstrapServers, name), { timeout: 60_000, interval: 10 })
        .toBeGreaterThan(share * expected.length);
      await worker.kill();
      await worker.start();
    }
    await expect.poll(() => position(name), { timeout: 60_000 }).toBe(size);
    expect(await readCommitted(bootstrapServers, name)).toEqual(expected);
  });

  it("commits the offsets of records that are dropped where it is told to", async () => {
    const { name, config, size } = await source(500, {
      "source.filtered.offsets": "commit",
      transforms: "drop",
      "transforms.drop.type": "org.apache.kafka.connect.transforms.Filter",
    });
    await worker.client.create(name, config);
    await expect.poll(() => position(name), { timeout: 30_000 }).toBe(size);
    expect(await countRecords(bootstrapServers, name)).toBe(0);
  });

  it("keeps its offsets in a topic of its own where it has one, with a copy in the worker's", async () => {
    const own = `own-offsets-${randomUUID()}`;
    const { name, file, config, expected, size } = await source(500, {
      "offsets.storage.topic": own,
    });
    const inWorkers = () => countRecords(bootstrapServers, `${groupId}-offsets`);
    const before = await inWorkers();
    await worker.client.create(name, config);
    await expect.poll(() => position(name), { timeout: 30_000 }).toBe(size);
    expect(await countRecords(bootstrapServers, own)).toBeGreaterThan(0);
    // Without it, the copy counts: nothing is read again.
    await expect.poll(inWorkers, { timeout: 30_000 }).toBeGreaterThan(before);
    const { "offsets.storage.topic": _, ...without } = config as Record<string, string>;
    await expect
      .poll(
        async () =>
          (await worker.client.request("PUT", `/connectors/${name}/config`, without)).status,
        { timeout: 30_000 },
      )
      .toBe(200);
    await appendFile(file, "last\n");
    await expect.poll(() => position(name), { timeout: 30_000 }).toBe(size + 5);
    expect(await readCommitted(bootstrapServers, name)).toEqual([...expected, "last"]);
  });
});
