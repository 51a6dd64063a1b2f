import { describe, expect, test, vi } from "vitest";
import { FakeSinkGroup } from "./support/fake-sink-group.ts";
import { messageOf } from "./support/fake-cluster.ts";
import { send } from "./support/send.ts";
import { until } from "./support/until.ts";
import { memoryOffsets, startWorker, type WorkerUnderTest } from "./support/worker-under-test.ts";

// Real sockets, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const FILE = { "connector.class": "FileStreamSource", topic: "t", file: "/a" };
const SINK = { "connector.class": "FileStreamSink", topics: "t", file: "/b" };
const A = `["src",{"filename":"/a"}]`;
const B = `["src",{"filename":"/b"}]`;
const ALTERED = "The offsets for this connector have been altered successfully";
const RESET = "The offsets for this connector have been reset successfully";
const NOT_STOPPED =
  "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/src/stop' endpoint";

interface Stopped {
  readonly worker: WorkerUnderTest;
  readonly group: FakeSinkGroup;
  readonly patch: (body: unknown) => ReturnType<typeof send>;
  readonly reset: () => ReturnType<typeof send>;
  readonly offsets: () => Promise<unknown>;
  readonly stored: () => Promise<Record<string, string>>;
}

/** A worker with one connector that is stopped. */
async function stopped(config: Record<string, string>): Promise<Stopped> {
  const store = memoryOffsets({ [A]: `{"position":35}`, [B]: `{"position":1}` });
  const group = new FakeSinkGroup("t");
  group.offsets.set("t", 5);
  const worker = await startWorker({}, store, group);
  const { url, herder } = worker;
  await herder.createConnector("src", { ...config, name: "src" }, "STOPPED");
  const path = "/connectors/src/offsets";
  return {
    worker,
    group,
    patch: (body) => send(url, "PATCH", path, body),
    reset: () => send(url, "DELETE", path),
    offsets: async () => (await send(url, "GET", path)).body,
    stored: async () => Object.fromEntries(await store.entries("src")),
  };
}

const one = (partition: unknown, offset: unknown) => ({ offsets: [{ partition, offset }] });

describe("offsets of a source", () => {
  test("are stored exactly as they were sent", async () => {
    const { patch, stored } = await stopped(FILE);
    const offset = `{"position": 9223372036854775807, "f": 1.0, "e": 1e21, "d": 1.50, "n": null, "s": "ü", "b": true}`;
    const answer = await patch(
      `{"offsets": [{"partition": {"filename": "/a"}, "offset": ${offset}}]}`,
    );
    expect(answer).toMatchObject({ status: 200, body: { message: ALTERED } });
    const { [A]: a, [B]: b } = await stored();
    expect(a).toBe(
      `{"b":true,"s":"ü","d":1.5,"e":1.0E21,"f":1.0,"position":9223372036854775807,"n":null}`,
    );
    expect(b).toBe(`{"position":1}`);
  });

  test("are forgotten where they are null, and all of them when they are reset", async () => {
    const { worker, patch, reset, stored } = await stopped(FILE);
    expect((await patch(one({ filename: "/a" }, null))).body).toEqual({ message: ALTERED });
    expect(Object.keys(await stored())).toEqual([B]);
    expect((await reset()).body).toEqual({ message: RESET });
    expect(await stored()).toEqual({});
    expect((await reset()).body).toEqual({ message: RESET });
    expect(worker.threads.altered).toEqual([
      { type: "source", entries: new Map([[A, null]]) },
      { type: "source", entries: new Map([[B, null]]) },
      { type: "source", entries: new Map() },
    ]);
  });

  test.each([
    [one({ filename: { a: 1 } }, { position: 1 }), /primitive.*filename contains MAP/],
    [one({ filename: "/a" }, { position: [1] }), /primitive.*position contains ARRAY/],
    [`{"offsets": [{"partition": {"n": 9223372036854775808}}]}`, /n contains class.*BigInteger/],
    [{ offsets: [...one({ filename: "/a" }, { position: 1 }).offsets, null] }, /null as entry 1/],
    [{ offsets: { partition: {}, offset: {} } }, /an object for "offsets": send/],
    [{ offsets: "all" }, /a text for "offsets"/],
    [one([], {}), /a list as "partition" of entry 0/],
    [one({}, 7), /a number as "offset" of entry 0/],
    [{ offsets: [{ partition: {}, offset: {}, more: 1 }] }, /"more" in entry 0.*partition, offset/],
    [
      { offsets: [...one({ filename: "/b" }, { position: 9 }).offsets, ...one({}, {}).offsets] },
      /contain the key 'position'/,
    ],
  ])("stay as they are where something is wrong: %j", async (body, message) => {
    const { patch, stored } = await stopped(FILE);
    const before = await stored();
    const answer = await patch(body);
    expect(answer).toMatchObject({ status: 500, body: { error_code: 500 } });
    expect(messageOf(answer)).toMatch(message);
    expect(await stored()).toEqual(before);
  });

  test("stay as they are unless the connector is stopped", async () => {
    const { worker, patch, reset, stored } = await stopped(FILE);
    const before = await stored();
    for (const resume of ["resume", "pause"]) {
      await send(worker.url, "PUT", `/connectors/src/${resume}`);
      await until("it has tasks", async () => (await worker.herder.tasks("src")).length === 1);
      for (const answer of [await patch(one({ filename: "/a" }, { position: 1 })), await reset()]) {
        expect(answer).toMatchObject({ status: 400, body: { message: NOT_STOPPED } });
      }
    }
    expect(await stored()).toEqual(before);
    expect(worker.threads.altered).toEqual([]);
  });

  test("are changed before the connector can go on", async () => {
    const { worker, patch, stored } = await stopped(FILE);
    const { url, threads } = worker;
    let checked: () => void = () => undefined;
    const found: Promise<Record<string, string>>[] = [];
    threads.behaviour = {
      altering: () => new Promise((resolve) => (checked = resolve)),
      onStart: (spec) => {
        if ("taskProps" in spec) found.push(stored());
        return undefined;
      },
    };
    const altered = patch(one({ filename: "/a" }, { position: 1 }));
    await until("it is asked", () => threads.altered.length === 1);
    await send(url, "PUT", "/connectors/src/resume");
    expect(found).toEqual([]);
    checked();
    expect((await altered).body).toEqual({ message: ALTERED });
    await until("it goes on", () => found.length === 1);
    expect((await found[0])?.[A]).toBe(`{"position":1}`);
  });
});

describe("offsets of a sink", () => {
  const at = (partition: number, offset: number | null) => ({
    partition: { kafka_topic: "t", kafka_partition: partition },
    offset: offset === null ? null : { kafka_offset: offset },
  });
  const five = { offsets: [at(0, 5)] };

  test("are those of its group", async () => {
    const { worker, patch, reset, offsets } = await stopped(SINK);
    expect(await offsets()).toEqual(five);
    expect((await patch({ offsets: [at(0, 7), at(0, 3)] })).body).toEqual({ message: ALTERED });
    expect(await offsets()).toEqual({ offsets: [at(0, 3)] });
    expect((await reset()).body).toEqual({ message: RESET });
    expect(await offsets()).toEqual({ offsets: [] });
    expect(worker.threads.altered).toEqual([
      { type: "sink", entries: [{ topic: "t", partition: 0, offset: 3 }] },
      { type: "sink", entries: [{ topic: "t", partition: 0, offset: null }] },
    ]);
  });

  test.each([
    [[at(0, 1), at(1, 1)], 500, "Failed to alter consumer group offsets for connector snk1"],
    [[at(0, 1), at(0, -1)], 500, "Failed to modify offsets for sink connector src"],
    [
      [at(0, 1), { partition: {}, offset: null }],
      400,
      "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'",
    ],
  ])("stay as they are where something is wrong: %j", async (changes, status, message) => {
    const { worker, patch, offsets } = await stopped(SINK);
    expect(await patch({ offsets: changes })).toMatchObject({ status, body: { message } });
    expect(await offsets()).toEqual(five);
    // What connectors keep elsewhere is not touched either.
    expect(worker.threads.altered).toEqual([]);
  });

  test("stay as they are while tasks still run", async () => {
    const { worker, group, patch, reset, offsets } = await stopped(SINK);
    group.occupied = true;
    expect((await patch({ offsets: [at(0, 1)] })).status).toBe(500);
    expect((await reset()).status).toBe(500);
    expect(worker.threads.altered).toEqual([]);
    expect(await offsets()).toEqual(five);
  });
});
