import { gzipSync } from "node:zlib";
import { Float64 } from "@millrace/connect-api";
import { MemoryOffsets } from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { TestServer } from "./http-server.ts";
import { ListApi } from "./list-api.ts";
import { idsOf, startConfluentSource, startMillrace } from "./source.ts";

async function listServer(count: number): Promise<{ server: TestServer; api: ListApi }> {
  const server = await TestServer.start();
  const api = new ListApi();
  api.add(count);
  server.react = api.react;
  return { server, api };
}

const KEEP = { "pagination.at.end": "keep" };
const CURSOR = {
  pagination: "cursor",
  "pagination.parameter": "cursor",
  "pagination.path": "$.meta.next",
  "records.path": "$.items",
};
const MODES: Record<string, [path: string, props: Record<string, string>]> = {
  page: ["/page", { pagination: "page", "pagination.parameter": "page", "records.path": "/items" }],
  offset: [
    "/offset",
    { pagination: "offset", "pagination.parameter": "offset", "records.path": "$.items" },
  ],
  cursor: ["/cursor", CURSOR],
  "link-header": ["/link", { pagination: "link-header" }],
  "next-url": [
    "/next",
    { pagination: "next-url", "pagination.path": "/next", "records.path": "$.items[*]" },
  ],
};

describe.each(Object.entries(MODES))("%s", (_name, [path, props]) => {
  test.each([0, 1, 3, 7])(
    "a list of %i is read once, and what is added once more",
    async (count) => {
      const { server, api } = await listServer(count);
      await using _server = server;
      await using run = await startMillrace(server.url + path, { ...props, ...KEEP });
      const records = count > 0 ? await run.take(count) : [];
      expect(idsOf(records)).toEqual(api.ids);
      expect(await run.takeFor(80)).toEqual([]);
      api.add(5);
      expect(idsOf(await run.take(5))).toEqual(api.ids.slice(-5));
      api.add(1);
      expect(idsOf(await run.take(1))).toEqual(api.ids.slice(-1));
    },
  );

  test("goes on from every offset without a gap, and repeats a page at most", async () => {
    const { server, api } = await listServer(10);
    await using _server = server;
    const first = await startMillrace(server.url + path, { ...props, ...KEEP });
    const records = await first.take(10);
    await first.stop();
    for (let committed = 0; committed <= 10; committed++) {
      const offsets = new MemoryOffsets();
      offsets.commit(records.slice(0, committed));
      await using run = await startMillrace(server.url + path, { ...props, ...KEEP }, { offsets });
      const expected = committed === 10 ? [] : api.ids.slice(committed - (committed % 3));
      const read = committed < 10 ? idsOf(await run.take(expected.length)) : [];
      read.push(...idsOf(await run.takeFor(40)));
      expect(read, `after ${committed}`).toEqual(expected);
    }
  });

  test("with restart the whole list comes again, in the middle of one from its page on", async () => {
    const { server, api } = await listServer(7);
    await using _server = server;
    await using run = await startMillrace(server.url + path, props);
    expect(idsOf(await run.take(14)).slice(0, 14)).toEqual([...api.ids, ...api.ids]);
  });
});

test.each([
  ["by place", KEEP],
  [
    "by timestamp",
    { incremental: "timestamp", "incremental.path": "$.ts", "incremental.parameter": "since" },
  ],
])("%s a page that grows before the next is asked for loses nothing", async (_name, props) => {
  const { server, api } = await listServer(1);
  await using _server = server;
  server.react = (seen) => {
    const reaction = api.react(seen);
    // Some come to the page that was just read, some to the next one.
    if (server.seen.length === 1) api.add(5);
    return reaction;
  };
  await using run = await startMillrace(`${server.url}/page`, {
    ...props,
    pagination: "page",
    "pagination.parameter": "page",
    "records.path": "$.items",
  });
  const ids = idsOf(await run.take(6));
  ids.push(...idsOf(await run.takeFor(100)));
  expect(ids.toSorted((a, b) => Number(a) - Number(b))).toEqual(api.ids);
});

test("a page that grows while the task is down loses nothing", async () => {
  const { server, api } = await listServer(1);
  await using _server = server;
  const offsets = new MemoryOffsets();
  const props = {
    incremental: "timestamp",
    "incremental.path": "$.ts",
    "incremental.parameter": "since",
    pagination: "page",
    "pagination.parameter": "page",
    "records.path": "$.items",
  };
  const first = await startMillrace(`${server.url}/page`, props, { offsets });
  await first.take(1);
  await first.commit();
  await first.stop();
  api.add(5);
  await using run = await startMillrace(`${server.url}/page`, props, { offsets });
  expect(idsOf(await run.take(5))).toEqual([2, 3, 4, 5, 6]);
});

describe("timestamps", () => {
  const BY_TIME = {
    incremental: "timestamp",
    "incremental.path": "$.ts",
    "incremental.parameter": "since",
  };

  test.each([false, true])(
    "are asked for since the latest, lists descending: %s",
    async (descending) => {
      const { server, api } = await listServer(4);
      await using _server = server;
      api.descending = descending;
      await using run = await startMillrace(`${server.url}/all`, BY_TIME);
      const records = await run.take(4);
      expect(new Set(idsOf(records))).toEqual(new Set([1, 2, 3, 4]));
      expect(records[0]?.timestamp).toBe(Date.parse(api.items[descending ? 3 : 0]?.ts ?? ""));
      api.add(2);
      expect(new Set(idsOf(await run.take(2)))).toEqual(new Set([5, 6]));
      expect(await run.takeFor(60)).toEqual([]);
      expect(server.seen[0]?.path).toBe("/all");
      expect(server.seen.at(-1)?.path).toBe("/all?since=1970-01-01T00%3A00%3A06.000Z");
    },
  );

  test("that are equal are told apart by what the records are, over polls and restarts", async () => {
    const { server, api } = await listServer(0);
    await using _server = server;
    const sameTime = () => "2020-01-01T00:00:00.123456Z";
    const offsets = new MemoryOffsets();
    api.add(3, sameTime);
    {
      await using run = await startMillrace(`${server.url}/all`, BY_TIME, { offsets });
      expect(idsOf(await run.take(3))).toEqual([1, 2, 3]);
      api.add(2, sameTime);
      expect(idsOf(await run.take(2))).toEqual([4, 5]);
      await run.commit();
    }
    api.add(1, sameTime);
    api.add(1, () => "2020-01-01T00:00:00.123457Z");
    await using run = await startMillrace(`${server.url}/all`, BY_TIME, { offsets });
    expect(idsOf(await run.take(2))).toEqual([6, 7]);
    expect(await run.takeFor(60)).toEqual([]);
  });

  test("of records that appear late are found within the overlap", async () => {
    const { server, api } = await listServer(0);
    await using _server = server;
    api.add(3, (id) => `2020-01-01T00:01:0${id}Z`);
    await using run = await startMillrace(`${server.url}/all`, {
      ...BY_TIME,
      "timestamp.overlap.ms": "2000",
    });
    expect(idsOf(await run.take(3))).toEqual([1, 2, 3]);
    api.add(1, () => "2020-01-01T00:01:01.5Z");
    expect(idsOf(await run.take(1))).toEqual([4]);
    expect(await run.takeFor(60)).toEqual([]);
    expect(server.seen.at(-1)?.path).toBe("/all?since=2020-01-01T00%3A01%3A01.000Z");
  });

  test("the latest counts once the whole list is read, wherever it crashed", async () => {
    const { server, api } = await listServer(10);
    await using _server = server;
    api.descending = true;
    const props = { ...CURSOR, ...BY_TIME };
    const first = await startMillrace(`${server.url}/cursor`, props);
    const records = await first.take(10);
    await first.stop();
    for (let committed = 0; committed <= 10; committed++) {
      const offsets = new MemoryOffsets();
      offsets.commit(records.slice(0, committed));
      await using run = await startMillrace(`${server.url}/cursor`, props, { offsets });
      const read = new Set(idsOf(records.slice(0, committed)));
      for (const deadline = Date.now() + 10_000; read.size < 10 && Date.now() < deadline;) {
        for (const id of idsOf(await run.takeFor(20))) read.add(id);
      }
      expect(
        [...read].toSorted((a, b) => Number(a) - Number(b)),
        `after ${committed}`,
      ).toEqual(api.ids);
      expect(await run.takeFor(50), `nothing twice after ${committed}`).toEqual([]);
    }
  });

  test("without timestamp the task says what is missing", async () => {
    await using server = await TestServer.start();
    server.react = () => ({ status: 200, body: '[{"id":1}]' });
    await using run = await startMillrace(server.url, BY_TIME);
    await expect(run.take(1)).rejects.toThrow(/neither text nor number at \$.ts.*its timestamp/);
  });

  test("in seconds and milliseconds", async () => {
    await using server = await TestServer.start();
    for (const [format, value, ms] of [
      ["epoch_s", 1_700_000_000.25, 1_700_000_000_250],
      ["epoch_ms", 1_700_000_000_250, 1_700_000_000_250],
    ] as const) {
      server.react = () => ({ status: 200, body: JSON.stringify([{ id: 1, at: value }]) });
      await using run = await startMillrace(server.url, {
        ...BY_TIME,
        "incremental.path": "/at",
        "timestamp.format": format,
      });
      const [record] = await run.take(1);
      expect(record?.timestamp).toBe(ms);
      const before = server.seen.length;
      while (server.seen.length < before + 2) await run.takeFor(10);
      expect(server.seen.at(-1)?.path).toBe(`/?since=${value}`);
    }
  });
});

test("chaining asks behind the last record", async () => {
  const { server, api } = await listServer(4);
  await using _server = server;
  const offsets = new MemoryOffsets();
  const props = {
    incremental: "chaining",
    "incremental.path": "$.id",
    "incremental.parameter": "after",
  };
  const first = await startMillrace(`${server.url}/all`, props);
  const records = await first.take(4);
  await first.stop();
  offsets.commit(records.slice(0, 2));
  await using run = await startMillrace(`${server.url}/all`, props, { offsets });
  expect(idsOf(await run.take(2))).toEqual([3, 4]);
  api.add(1);
  expect(idsOf(await run.take(1))).toEqual([5]);
  expect(server.seen.at(-1)?.path).toMatch(/^\/all\?after=[45]$/);
});

describe("Confluent's source", () => {
  test("counts records in SIMPLE_INCREMENTING", async () => {
    const { server, api } = await listServer(7);
    await using _server = server;
    const offsets = new MemoryOffsets();
    const props = {
      "http.response.data.json.pointer": "/items",
      "http.request.parameters": "offset=${offset}",
    };
    {
      await using run = await startConfluentSource(`${server.url}/offset`, props, { offsets });
      expect(idsOf(await run.take(7))).toEqual(api.ids);
      await run.commit();
    }
    api.add(1);
    await using run = await startConfluentSource(`${server.url}/offset`, props, { offsets });
    expect(idsOf(await run.take(1))).toEqual([8]);
    expect(server.seen[0]?.path).toBe("/offset?offset=0");
  });

  test("goes by cursors, by POST with the cursor in the body", async () => {
    const { server, api } = await listServer(7);
    await using _server = server;
    await using run = await startConfluentSource(`${server.url}/cursor`, {
      "http.offset.mode": "CURSOR_PAGINATION",
      "http.next.page.json.pointer": "/meta/next",
      "http.response.data.json.pointer": "/items",
      "http.request.method": "POST",
      "http.request.body": '{"cursor":"${offset}"}',
      "http.initial.offset": "c/0",
    });
    expect(idsOf(await run.take(7))).toEqual(api.ids);
    api.add(1);
    expect(idsOf(await run.take(1))).toEqual([8]);
    expect(server.seen[0]).toMatchObject({ method: "POST", body: '{"cursor":"c/0"}' });
  });

  test("chains, and shares entities among tasks", async () => {
    await using server = await TestServer.start();
    server.react = ({ path }) => {
      const [, entity, after] = /^\/(\w+)\?after=(\d*)$/.exec(path) ?? [];
      const items = [1, 2, 3].map((id) => ({ id, entity })).filter(({ id }) => id > Number(after));
      return { status: 200, body: JSON.stringify(items) };
    };
    await using run = await startConfluentSource(
      `${server.url}/\${entityName}?after=\${offset}`,
      {
        "entity.names": "orders,users,things",
        "topic.name.pattern": "api-${entityName}",
        "http.offset.mode": "CHAINING",
        "http.offset.json.pointer": "/id",
        "http.initial.offset": "1",
      },
      { maxTasks: 2 },
    );
    expect(run.tasks).toHaveLength(2);
    const records = await run.take(6);
    expect(
      records.map(({ topic, value }) => `${topic} ${JSON.stringify(value)}`).toSorted(),
    ).toEqual(
      ["orders", "things", "users"].flatMap((entity) =>
        [2, 3].map((id) => `api-${entity} {"id":${id},"entity":"${entity}"}`),
      ),
    );
    expect(records.map(({ sourcePartition }) => sourcePartition["entity"])).toContain("users");
  });
});

describe("records", () => {
  test("have keys, exact numbers, and values as data or text", async () => {
    await using server = await TestServer.start();
    const body =
      '{"data":[{"id":9007199254740993,"price":1.0,"big":1e3,"half":0.5,"key":"a"},{"id":2,"key":{"x":1}}]}';
    server.react = () => ({
      status: 200,
      headers: { "content-encoding": "gzip" },
      body: gzipSync(body),
    });
    const props = {
      "records.path": "$.data",
      "record.key.path": "$.key",
      "poll.interval.ms": "60000",
    };
    await using run = await startMillrace(server.url, props);
    const [first, second] = await run.take(2);
    expect(first).toMatchObject({
      topic: "t",
      key: "a",
      value: {
        id: 9007199254740993n,
        price: new Float64(1),
        big: new Float64(1000),
        half: 0.5,
        key: "a",
      },
    });
    expect(second).toMatchObject({ key: '{"x":1}' });
    await using texts = await startMillrace(server.url, { ...props, "value.format": "string" });
    const [text] = await texts.take(2);
    expect(text?.value).toBe(
      '{"id":9007199254740993,"price":1.0,"big":1000.0,"half":0.5,"key":"a"}',
    );
  });

  test.each([
    ["an object", '{"id":1}', "$", 1],
    ["an empty list", "[]", "$", 0],
    ["nothing", "", "$", 0],
    ["a filter", '{"a":[{"id":1,"ok":true},{"id":2,"ok":false}]}', "$.a[?@.ok == true]", 1],
    ["a list that is not there, by a path to its elements", "{}", "$.a[*]", 0],
  ])("%s", async (_name, body, path, count) => {
    await using server = await TestServer.start();
    server.react = () => ({ status: 200, body });
    await using run = await startMillrace(server.url, {
      "records.path": path,
      "poll.interval.ms": "60000",
    });
    expect(await run.takeFor(150)).toHaveLength(count);
  });

  test("a list that is not there is an error", async () => {
    await using server = await TestServer.start();
    server.react = () => ({ status: 200, body: '{"error":"nope"}' });
    await using run = await startMillrace(server.url, { "records.path": "/items" });
    await expect(run.take(1)).rejects.toThrow(/has nothing at \/items.*\$.items\[\*\]/);
  });
});
