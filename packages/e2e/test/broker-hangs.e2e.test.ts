import { setTimeout as sleep } from "node:timers/promises";
import { makeRunFolder, startKafka } from "@millrace/services";
import { expect, it, onTestFinished } from "vitest";
import { ConnectCluster } from "../src/cluster/connect-cluster.ts";

/** How long a request may take in all (Java: `RestRequestTimeout`), and something for the way. */
const LIMIT_MS = 95_000;
const RUNNING = new Map([["before", { state: "RUNNING", tasks: 1 } as const]]);
const GIVEN_UP = "The change is taken back|Nothing was written";

it("while the brokers hang, answers come in time, and what they say stays true", async () => {
  await using kafka = await startKafka();
  await using cluster = await ConnectCluster.start({
    kind: "millrace",
    workers: 2,
    bootstrapServers: kafka.bootstrapServers,
  });
  const folder = makeRunFolder("broker-hangs");
  onTestFinished(() => folder.remove());
  const config = (more: Record<string, string> = {}) => ({
    "connector.class": "FileStreamSource",
    file: `${folder.path}/in.txt`,
    topic: "t",
    "tasks.max": "1",
    ...more,
  });
  await cluster.putConfig("before", config());
  await cluster.waitSettled(RUNNING);
  const { client } = cluster.workers[0]!;
  const ask = async (method: string, path: string, body?: unknown) => {
    const began = Date.now();
    const { status, body: answer } = await client.request(method, path, body);
    expect(Date.now() - began).toBeLessThan(LIMIT_MS);
    return { status, text: JSON.stringify(answer) };
  };

  const broker = kafka.brokers[0]!.pid!;
  process.kill(broker, "SIGSTOP");
  try {
    // What is known stays known.
    expect((await ask("GET", "/connectors")).text).toBe(`["before"]`);
    expect((await ask("GET", "/health")).status).toBe(200);
    expect((await ask("GET", "/connectors/before/status")).text).toContain("RUNNING");

    // The leader still leads: its session is not over yet.
    const writes = await Promise.all([
      ask("POST", "/connectors", { name: "during", config: config() }),
      ask("PUT", "/connectors/before/pause"),
      ask("PUT", "/connectors/before/config", config({ changed: "yes" })),
      ask("GET", "/connectors/before/offsets"),
    ]);
    for (const { status } of writes) expect(status).toBe(500);
    for (const { text } of writes.slice(0, 3)) expect(text).toMatch(new RegExp(GIVEN_UP));
    expect(writes.map(({ text }) => text)).toEqual([
      expect.stringContaining("Error writing connector configuration to Kafka"),
      expect.stringContaining("Error writing target state to Kafka"),
      expect.stringContaining("Error writing connector configuration to Kafka"),
      expect.stringContaining("Request timed out"),
    ]);

    // By now it is over, and nobody knows who leads.
    const late = await ask("PUT", "/connectors/before/config", config({ changed: "late" }));
    expect(late).toMatchObject({ status: 409, text: expect.stringMatching(/no known leader/) });
    const health = await ask("GET", "/health");
    expect(health).toMatchObject({
      status: 500,
      text: expect.stringMatching(/unhealthy.*ensuring membership in the cluster/),
    });
  } finally {
    process.kill(broker, "SIGCONT");
  }

  await cluster.waitSettled(RUNNING);
  // Long enough for anything that was still under way.
  await sleep(5_000);
  for (const { client: each } of cluster.workers) {
    expect((await each.request("GET", "/connectors")).body).toEqual(["before"]);
    const { body } = await each.request<Record<string, string>>("GET", "/connectors/before/config");
    expect(body).toEqual({ ...config(), name: "before" });
    expect((await each.request("GET", "/health")).status).toBe(200);
  }
}, 400_000);
