import { appendFile, cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConnectWorker, sharedKafka, startConnectWorker } from "@millrace/services";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { installPacked } from "../src/install.ts";
import { pack, type Packed } from "../src/pack.ts";
import { run } from "../src/run.ts";
import { megabytes, sizeOf } from "../src/size.ts";
import { tempFolder } from "./temp-folder.ts";

const RUNTIME = "@millrace/connect-runtime";
const PLUGIN = "@millrace/connect-file";
/** As connect-runtime's README promises. */
const MOST_MB = 40;
/** The plugins say which Java release they stand for; a later version of them is this. */
const JAVA_VERSION = "4.3.1";
const NEXT = "99.0.0";

const folder = tempFolder();
const inFolder = (...path: string[]) => join(folder(), ...path);
let packed: Packed[];
let worker: ConnectWorker;

beforeAll(async () => {
  packed = await pack(inFolder("tarballs"));
  await installPacked(inFolder("worker"), packed, [RUNTIME]);
  await installPacked(inFolder("plugins/one"), packed, [PLUGIN]);
  await installPacked(inFolder("plugins/two"), [...packed, await newer()], [PLUGIN]);
  worker = await startConnectWorker({
    bootstrapServers: await sharedKafka(),
    command: inFolder("worker/node_modules/.bin/connect-standalone"),
    properties: { "plugin.path": inFolder("plugins") },
  });
});
afterAll(() => worker?.[Symbol.asyncDispose]());

interface Manifest {
  readonly kafkaConnect: { readonly plugins: { version?: string }[] };
}

/** The same plugins in a later version. */
async function newer(): Promise<Packed> {
  const found = packed.find(({ name }) => name === PLUGIN)!;
  const changed = inFolder("newer");
  await cp(found.file, join(changed, "package.tgz"));
  await run("tar", ["xzf", "package.tgz"], changed);
  const manifest = join(changed, "package/package.json");
  const json = JSON.parse(await readFile(manifest, "utf8")) as Manifest;
  for (const plugin of json.kafkaConnect.plugins) plugin.version = NEXT;
  await writeFile(manifest, JSON.stringify({ ...json, version: NEXT }));
  const file = join(changed, "newer.tgz");
  await run("tar", ["czf", file, "package"], changed);
  return { ...found, version: NEXT, file };
}

test(`a worker takes at most ${MOST_MB} MB`, async () => {
  const { bytes, onDisk } = await sizeOf(inFolder("worker/node_modules"));
  console.log(`${RUNTIME} installed: ${megabytes(bytes)} MB, ${megabytes(onDisk)} MB on disk`);
  expect(megabytes(bytes)).toBeLessThanOrEqual(MOST_MB);
});

test("a worker offers what was installed into its plugin.path, in both versions", async () => {
  type Plugins = { class: string; version: string }[];
  const { body } = await worker.client.request<Plugins>("GET", "/connector-plugins");
  const versions = body
    .filter((plugin) => plugin.class.endsWith(".FileStreamSourceConnector"))
    .map(({ version }) => version);
  expect(versions).toEqual([JAVA_VERSION, NEXT]);
});

test.each([
  ["an older one", `[0,${NEXT})`, JAVA_VERSION],
  ["the newer one", `[${NEXT}]`, NEXT],
  ["the newest", "latest", NEXT],
])("connectors run in the version that they ask for: %s", async (_, range, version) => {
  const topic = `pinned-${range.replaceAll(/\W/g, "")}`;
  const [input, output] = [inFolder(`${topic}.in`), inFolder(`${topic}.out`)];
  await writeFile(input, "first\n");
  const common = {
    "connector.plugin.version": range,
    "value.converter": "org.apache.kafka.connect.storage.StringConverter",
  };
  const source = { ...common, "connector.class": "FileStreamSource", file: input, topic };
  const sink = { ...common, "connector.class": "FileStreamSink", file: output, topics: topic };
  await worker.client.create(`${topic}-source`, source);
  await worker.client.create(`${topic}-sink`, sink);
  await worker.client.waitFor(`${topic}-source`);
  await worker.client.waitFor(`${topic}-sink`);
  await appendFile(input, "second\n");
  const lines = () => readFile(output, "utf8");
  const patient = { timeout: 60_000, interval: 100 };
  await vi.waitFor(async () => expect(await lines()).toBe("first\nsecond\n"), patient);
  for (const name of [`${topic}-source`, `${topic}-sink`]) {
    const parts = { connector: { version }, tasks: [{ version }] };
    expect(await worker.client.status(name)).toMatchObject(parts);
  }
});
