import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sharedKafka } from "@millrace/services";
import { expect, test } from "vitest";
import { createTopic, readRecords, uniqueName } from "./support/kafka-topics.ts";
import { StandaloneWorker } from "./support/standalone-worker.ts";

const LONG = { timeout: 60_000, interval: 100 };

/** Lines that are no numbers are skipped, the others filtered out. */
const NOTHING_IS_LEFT = {
  "errors.tolerance": "all",
  transforms: "number,drop",
  "transforms.number.type": "org.apache.kafka.connect.transforms.Cast$Value",
  "transforms.number.spec": "int32",
  "transforms.drop.type": "org.apache.kafka.connect.transforms.Filter",
};

test.each([
  ["ignore", undefined, ["1", "x", "later"]],
  ["commit", 4, ["later"]],
])(
  "with source.filtered.offsets=%s a source of which nothing is left has committed %s",
  async (filteredOffsets, committed, left) => {
    const bootstrapServers = await sharedKafka();
    const name = uniqueName("filtered");
    await createTopic(bootstrapServers, name, 1, {});
    const worker = await StandaloneWorker.start(bootstrapServers);
    const file = join(worker.folder, "in.txt");
    writeFileSync(file, "1\nx\n");
    const config = {
      "connector.class": "FileStreamSource",
      file,
      topic: name,
      "source.filtered.offsets": filteredOffsets,
    };
    await worker.client.create(name, { ...config, ...NOTHING_IS_LEFT });
    const wasSkipped = () => worker.log.some(({ message }) => message.includes("is skipped"));
    await expect.poll(wasSkipped, LONG).toBe(true);
    expect(await worker.endOf(name)).toBe("read 2, written 0, filtered 1, skipped 1, still held 0");
    expect(await worker.committed(name)).toBe(committed);

    appendFileSync(file, "later\n");
    await worker.client.request("PUT", `/connectors/${name}/config`, config);
    await worker.client.ask("resume", name);
    await expect.poll(() => worker.committed(name), LONG).toBe(10);
    const values = (await readRecords(bootstrapServers, name)).map(({ value }) => value);
    expect(values).toEqual(left);
  },
);
