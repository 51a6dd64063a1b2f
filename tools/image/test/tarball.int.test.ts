import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "@millrace/packaging";
import { ConnectClient, releasePorts, reservePorts, sharedKafka } from "@millrace/services";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { assembleTarball } from "../src/assemble.ts";

const PATIENT = { timeout: 90_000, interval: 100 };
/** Nobody: as in a container, the worker may not write what belongs to root. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

let folder: string;
let home: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "image-"));
  await chmod(folder, 0o755);
  const file = join(folder, "worker.tgz");
  await assembleTarball(file, { plugins: ["@millrace/connect-file"], fromWorkspace: true });
  await run("tar", ["xzf", file, "--no-same-owner"], folder);
  home = join(folder, "millrace");
  await run("chmod", ["-R", "a-w,a+rX", home], folder);
});
afterAll(async () => {
  await run("chmod", ["-R", "u+w", folder], tmpdir());
  await rm(folder, { recursive: true });
});

/** A folder that the worker may write to, as a container's /tmp. */
async function scratch(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "scratch-"));
  await chmod(path, 0o777);
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

interface Started {
  readonly process: ChildProcess;
  readonly exit: Promise<number | null>;
  readonly client: ConnectClient;
  readonly env: NodeJS.ProcessEnv;
  readonly printed: () => string;
}

async function start(tmp: string, variables: NodeJS.ProcessEnv): Promise<Started> {
  const [port] = await reservePorts(1);
  onTestFinished(() => releasePorts([port!]));
  const env = {
    PATH: process.env["PATH"],
    TMPDIR: tmp,
    CONNECT_BOOTSTRAP_SERVERS: await sharedKafka(),
    CONNECT_KEY_CONVERTER: "org.apache.kafka.connect.storage.StringConverter",
    CONNECT_VALUE_CONVERTER: "org.apache.kafka.connect.storage.StringConverter",
    CONNECT_LISTENERS: `http://127.0.0.1:${port}`,
    ...variables,
  };
  const worker = spawn(process.execPath, [join(home, "bin/worker.js")], {
    cwd: "/",
    env,
    stdio: ["ignore", "pipe", "pipe"],
    ...UNPRIVILEGED,
  });
  let printed = "";
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  }
  onTestFinished(() => void worker.kill("SIGKILL"));
  return {
    process: worker,
    exit: once(worker, "close").then(([code]) => code as number | null),
    client: new ConnectClient(`http://127.0.0.1:${port}`),
    env,
    printed: () => printed,
  };
}

/** Exit code of the image's health check. */
async function health(env: NodeJS.ProcessEnv): Promise<number | null> {
  const probe = spawn(process.execPath, [join(home, "bin/health.js")], { env, stdio: "ignore" });
  const [code] = (await once(probe, "close")) as [number | null];
  return code;
}

test("a worker of the tarball runs from CONNECT_* variables, read-only and unprivileged, to SIGTERM", async () => {
  const tmp = await scratch();
  const id = `image-${process.pid}-${Date.now()}`;
  const worker = await start(tmp, {
    CONNECT_GROUP_ID: id,
    CONNECT_CONFIG_STORAGE_TOPIC: `${id}-configs`,
    CONNECT_OFFSET_STORAGE_TOPIC: `${id}-offsets`,
    CONNECT_STATUS_STORAGE_TOPIC: `${id}-status`,
    CONNECT_CONFIG_STORAGE_REPLICATION_FACTOR: "1",
    CONNECT_OFFSET_STORAGE_REPLICATION_FACTOR: "1",
    CONNECT_STATUS_STORAGE_REPLICATION_FACTOR: "1",
    CONNECT_LOG4J_ROOT_LOGLEVEL: "DEBUG",
  });
  await vi.waitFor(async () => expect(await health(worker.env)).toBe(0), PATIENT);
  expect(worker.printed()).toContain("CONNECT_LOG4J_ROOT_LOGLEVEL configures Java's logging");

  const [input, output] = [join(tmp, "in"), join(tmp, "out")];
  await writeFile(input, "first\n", { mode: 0o644 });
  const source = { "connector.class": "FileStreamSource", file: input, topic: id };
  await worker.client.create("source", source);
  await worker.client.create("sink", {
    "connector.class": "FileStreamSink",
    file: output,
    topics: id,
    "consumer.override.auto.offset.reset": "earliest",
  });
  await appendFile(input, "second\n");
  const written = () => readFile(output, "utf8").catch(() => "");
  await vi.waitFor(async () => expect(await written()).toBe("first\nsecond\n"), PATIENT);

  worker.process.kill("SIGTERM");
  expect(await worker.exit).toBe(0);
  expect(await health(worker.env)).toBe(1);
});

test("its properties go with it, and what is wrong is named", async () => {
  const tmp = await scratch();
  const worker = await start(tmp, { CONNECT_GROUP_ID: "", CONNECT_SASL_JAAS_CONFIG: "hunter2" });
  expect(await worker.exit).toBe(2);
  expect(worker.printed()).toContain("group.id");
  expect(worker.printed()).not.toContain("hunter2");
  expect(await run("ls", ["-A", tmp], tmp)).toBe("");
  const odd = await start(tmp, { CONNECT_A____B: "" });
  expect(await odd.exit).toBe(1);
  expect(odd.printed()).toContain("CONNECT_A____B has 4 underscores");
});
