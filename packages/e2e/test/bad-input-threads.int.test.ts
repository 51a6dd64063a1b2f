import { randomUUID } from "node:crypto";
import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sharedKafka } from "@millrace/services";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ascendingRuns } from "../src/ascending-runs.ts";
import { countRecords, readTopic } from "../src/read-topic.ts";
import { Witness } from "./support/witness.ts";

const PACKAGES = fileURLToPath(new URL("../../", import.meta.url));
const STRING = "org.apache.kafka.connect.storage.StringConverter";
const LINES = 20_000;

let kafka: string;
let witness: Witness;

// All tasks in one thread: what one of them does to it, it does to all.
beforeAll(async () => {
  kafka = await sharedKafka();
  witness = await Witness.start({
    bootstrapServers: kafka,
    properties: {
      "task.threads": 1,
      // Longer than a busy machine takes to allocate what a thread may hold.
      "task.thread.stuck.ms": 5_000,
      "task.thread.max.heap.mb": 256,
      "task.shutdown.graceful.timeout.ms": 1_000,
      // A thread that is ended does not leave its groups: their sessions have to expire.
      "consumer.session.timeout.ms": 6_000,
      "plugin.path": `${PACKAGES},${join(PACKAGES, "connect-runtime/test/fixtures/naughty-plugin")}`,
    },
  });
});
afterAll(() => witness?.[Symbol.asyncDispose]());

/** A file whose lines go to a topic, from the thread in which something is about to happen. */
async function startLines(): Promise<{ topic: string; file: string }> {
  const topic = `lines-${randomUUID()}`;
  const file = join(witness.worker.folder, topic);
  await writeFile(file, numbered(1, LINES / 2));
  await witness.worker.client.create(topic, {
    "connector.class": "FileStreamSource",
    file,
    topic,
    "value.converter": STRING,
  });
  return { topic, file };
}

function numbered(from: number, to: number): string {
  return Array.from({ length: to - from + 1 }, (_, i) => `${from + i}\n`).join("");
}

/** Waits until every line is in the topic, in order, each at least once. */
async function expectLines(topic: string): Promise<void> {
  while ((await countRecords(kafka, topic)) < LINES) await sleep(100);
  const report = ascendingRuns((await readTopic(kafka, topic)).map(Number));
  expect(report).toMatchObject({ distinct: LINES, gaps: [] });
}

const misbehaving = (behaviour: string) => ({ "connector.class": "test.Source", behaviour });

describe("beside a pipeline whose thread it shares, a task that", () => {
  it.each([
    ["spin", /task\.thread\.stuck\.ms \(5000 ms\).*\n\tat .*naughty-plugin/],
    ["wait", /task\.thread\.stuck\.ms \(5000 ms\).*\n\tat .*Atomics\.wait/],
    // Caught in the plugin or in what it calls: frames of the engine may come first.
    ["allocate", /more than the 256 MB.*raise task\.thread\.max\.heap\.mb.*(\n\tat .*)*naughty/],
    ["allocate-slowly", /heap took \d+ MB, more than the 256 MB/],
    ["exit", /The plugin called process\.exit\(3\)/],
    ["kill", /process\.kill on the worker's own process/],
    ["throw-later", /Caused by: Error: thrown later in poll/],
    ["reject", /Caused by: Error: rejected in poll/],
  ])("%s fails and says why; the pipeline loses nothing", async (what, reason) => {
    const { topic, file } = await startLines();
    const name = `naughty-${what}`;
    await witness.create(name, misbehaving(`${what}:poll`));
    await appendFile(file, numbered(LINES / 2 + 1, (3 * LINES) / 4));
    expect(await witness.failure(name, 60_000)).toMatch(reason);
    await appendFile(file, numbered((3 * LINES) / 4 + 1, LINES));
    await expectLines(topic);
    await witness.worker.client.waitFor(topic);
    for (const healthy of Object.values(witness.healthy)) {
      await witness.worker.client.waitFor(healthy);
    }
    await witness.expectUndisturbed();
    for (const over of [name, topic]) await witness.request("DELETE", `/connectors/${over}`);
  });

  it.each(["pollute", "leak-timers", "flood"])(
    "does what nobody can undo (%s) harms no pipeline, and can be deleted",
    async (what) => {
      const { topic, file } = await startLines();
      const name = `naughty-${what}`;
      await witness.create(name, misbehaving(`${what}:poll`));
      await witness.worker.client.waitFor(name);
      await appendFile(file, numbered(LINES / 2 + 1, LINES));
      await expectLines(topic);
      await witness.expectUndisturbed();
      for (const over of [name, topic]) {
        expect((await witness.request("DELETE", `/connectors/${over}`)).status).toBe(204);
      }
    },
  );

  it.each(["poll", "task-start", "connector-start"])(
    "never comes back from %s can be deleted, and disturbs nothing",
    async (where) => {
      const name = `hanging-${where}`;
      await witness.create(name, misbehaving(`hang:${where}`));
      await witness.expectUndisturbed();
      expect((await witness.request("DELETE", `/connectors/${name}`)).status).toBe(204);
      expect((await witness.request("GET", `/connectors/${name}/status`)).status).toBe(404);
      await witness.expectUndisturbed();
    },
  );
});

it("task.isolation that does not exist is refused, with those that do", async () => {
  const config = { ...misbehaving("good"), "task.isolation": "alone" };
  const { status, body } = await witness.create("isolated", config);
  expect(status).toBe(400);
  expect(body.message).toMatch(/alone.*task\.isolation.*shared, dedicated, inline/);
});
