import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type ConnectWorker, pythonPackages, type PythonPackages } from "@millrace/services";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

const SCRIPTS = fileURLToPath(new URL("../fixtures/foreign-clients/", import.meta.url));
/** Clients of three authors; what they need besides is one HTTP library. */
const PACKAGES = [
  "kafka-connect-py==1.0.0",
  "kafka-connect-api==0.5.10",
  "kafkaconnect==1.3.1",
  "requests==2.34.2",
  "click==8.5.1",
];
const SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector";
const PATIENCE = { timeout: 60_000, interval: 100 };
const STRING = "org.apache.kafka.connect.storage.StringConverter";

/**
 * Clients that others wrote, driving a worker through what they can do. It is the same for
 * every kind of worker.
 */
export function foreignClients(start: () => Promise<ConnectWorker>): void {
  let worker: ConnectWorker;
  let python: PythonPackages;
  let file: string;

  beforeAll(async () => {
    python = await pythonPackages("kafka-connect-clients-1", PACKAGES);
    worker = await start();
    file = join(worker.folder, "in.txt");
    await writeFile(file, "a line\n");
    await vi.waitFor(
      async () => expect((await worker.client.request("GET", "/health")).status).toBe(200),
      PATIENCE,
    );
  });
  afterAll(() => worker?.close());

  function connector() {
    const name = `foreign-${randomUUID().slice(0, 8)}`;
    const config = {
      name,
      "connector.class": SOURCE,
      file,
      topic: name,
      "tasks.max": "1",
      "value.converter": STRING,
    };
    const invalid = { "connector.class": SOURCE, name, topic: "", "tasks.max": "many" };
    return { name, config, invalid };
  }

  async function run(args: readonly string[]): Promise<string> {
    const env = { ...process.env, ...python.env, PYTHONPYCACHEPREFIX: worker.folder };
    const { stdout, stderr } = await promisify(execFile)(python.command, args, { env });
    // Clients print there what they could not make sense of.
    expect(stderr).toBe("");
    return stdout;
  }

  async function drive<T>(script: string, task: object): Promise<T> {
    return JSON.parse(await run([join(SCRIPTS, script), JSON.stringify(task)])) as T;
  }

  test("the library of kafka-connect-py", async () => {
    const { name, config, invalid } = connector();
    const report = await drive("drive_kafka_connect_py.py", {
      url: worker.url,
      name,
      config,
      invalid,
    });
    expect(report).toEqual({
      info: ["commit", "kafka_cluster_id", "version"],
      created: { name, config, tasks: [], type: "source" },
      again: [409, `Connector ${name} already exists`],
      listed: [name],
      updated: "100",
      restarted: name,
      plugins: expect.arrayContaining([SOURCE]) as string[],
      wrong: ["tasks.max", "topic"],
      topics: [name],
      stored: { ...config, "batch.size": "100" },
      missing: [404, `Connector ${name} not found`],
    });
  });

  test("kafka-connect-api", async () => {
    const { name, config } = connector();
    const report = await drive("drive_kafka_connect_api.py", { url: worker.url, name, config });
    expect(report).toEqual({
      version: expect.stringMatching(/^\d/) as string,
      kafka_cluster: expect.stringMatching(/^\S{22}$/) as string,
      existed: false,
      listed: true,
      tasks: [[0, true, name]],
      root: "WARN",
      plugin: SOURCE,
    });
  });

  test("kafkaconnect", async () => {
    const { name, config, invalid } = connector();
    const report = await drive("drive_kafkaconnect.py", { url: worker.url, name, config, invalid });
    expect(report).toEqual({
      created: name,
      wrong: ["tasks.max", "topic"],
      restarted: "",
      removed: "",
      info: "source",
      config,
      tasks: 1,
      topics: [name],
      plugins: expect.arrayContaining([SOURCE]) as string[],
    });
  });

  test("the command line of kafka-connect-py", async () => {
    const { name, config } = connector();
    const kc = async <T>(...args: string[]): Promise<T> => {
      const main = "from kafka_connect.cli import cli; cli()";
      const printed = await run(["-c", main, "--url", worker.url, ...args]);
      return (printed === "" ? undefined : JSON.parse(printed)) as T;
    };
    await kc("create", "--config-data", JSON.stringify({ name, config }));
    await worker.client.waitFor(name);
    expect(await kc("list", "--pattern", name)).toEqual([name]);
    expect(await kc("status", name)).toMatchObject({ connector: { state: "RUNNING" } });
    await kc("pause", name);
    await worker.client.waitFor(name, "PAUSED");
    await kc("resume", name);
    await worker.client.waitFor(name);
    // It shows the status that it finds just afterwards, whichever that is.
    const restarted = await kc("restart", name, "--include-tasks");
    expect(restarted).toMatchObject({ name, type: "source", tasks: [{ id: 0 }] });
    await worker.client.waitFor(name);
    expect(await kc("config", name)).toEqual(config);
    await kc("delete", name);
    // The status goes when its worker has heard of it, which is after the answer.
    await vi.waitFor(
      async () => expect(await worker.client.status(name)).toBeUndefined(),
      PATIENCE,
    );
  });
}
