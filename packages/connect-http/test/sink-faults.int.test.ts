import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { type Reaction, TestServer } from "./http-server.ts";
import { commitUntil, failureOf, record, startAiven, startConfluent } from "./sink.ts";

/** The first reactions in turn, then 200. */
function reactions(server: TestServer, ...list: Reaction[]): void {
  server.react = () => list[server.seen.length - 1] ?? { status: 200 };
}

describe("answers", () => {
  test.each([408, 425, 429, 500, 502, 503, 504, 599])("%i is tried again", async (status) => {
    await using server = await TestServer.start();
    reactions(server, { status }, { status });
    await using run = await startConfluent(server.url);
    await run.put([record(0, "a", "1"), record(1, "a", "2")]);
    await commitUntil(run, 2);
    expect(server.taken).toEqual(["1", "2"]);
    expect(server.seen).toHaveLength(4);
  });

  test.each([400, 402, 404, 405, 409, 413, 415, 422, 499])(
    "%i sets the record aside at once, and the next goes on",
    async (status) => {
      await using server = await TestServer.start();
      reactions(server, { status, body: "because of this" });
      await using run = await startAiven(`${server.url}/in?api_key=hunter2`);
      await run.put([record(0, "a", "bad"), record(1, "a", "good")]);
      await commitUntil(run, 2);
      expect(server.seen).toHaveLength(2);
      expect(
        run.reported.map(({ record: { kafkaOffset }, error }) => [kafkaOffset, error.message]),
      ).toEqual([[0, `POST ${server.url}/in answers ${status}: because of this (record t-0@0)`]]);
    },
  );

  test.each([401, 403, 407])("%i is no record's fault: the task fails", async (status) => {
    await using server = await TestServer.start();
    reactions(server, { status });
    await using run = await startAiven(server.url);
    await run.put([record(0, "a", "1")]);
    expect((await failureOf(run)).message).toMatch(
      new RegExp(`answers ${status} .*check the credentials`),
    );
    expect(run.reported).toEqual([]);
    expect((await run.commit()).size).toBe(0);
  });

  test.each([300, 301, 302, 303, 304, 307, 308])(
    "%i is not taken for success, and where it leads to is named",
    async (status) => {
      await using server = await TestServer.start();
      reactions(server, {
        status,
        headers: { location: "https://other.example/in?token=t0ps3cret" },
      });
      await using run = await startAiven(server.url);
      await run.put([record(0, "a", "1")]);
      const { message } = await failureOf(run);
      expect(message).toContain(
        `answers ${status} and sends on to https://other.example/in (record`,
      );
      expect(message).not.toContain("t0ps3cret");
      expect((await run.commit()).size).toBe(0);
    },
  );

  test("statuses to retry can be chosen, as Confluent's sink does with 400-", async () => {
    await using server = await TestServer.start();
    reactions(server, { status: 404 }, { status: 401 });
    await using run = await startConfluent(server.url, { "retry.on.status.codes": "400-" });
    await run.put([record(0, "a", "1")]);
    await commitUntil(run, 1);
    expect(server.seen).toHaveLength(3);
  });

  test.each(["ignore", "log"])(
    "what is never taken is reported with %s, in order",
    async (mode) => {
      await using server = await TestServer.start();
      server.react = ({ body }) => ({ status: body.startsWith("bad") ? 503 : 200 });
      await using run = await startConfluent(server.url, {
        "behavior.on.error": mode,
        "max.retries": "2",
      });
      const values = ["1", "bad2", "3", "bad4", "5"];
      await run.put(values.map((value, i) => record(i, "k", value)));
      await commitUntil(run, 5);
      expect(server.taken).toEqual(["1", "3", "5"]);
      expect(run.reported.map(({ record: { value } }) => value)).toEqual(["bad2", "bad4"]);
      expect(run.reported[0]?.error.message).toMatch(
        /503 .*given up after 3 attempts \(max.retries=2\)/,
      );
    },
  );

  test("a record that may not be skipped fails the task, with the remedy", async () => {
    await using server = await TestServer.start();
    reactions(server, { status: 422, body: "no" });
    await using run = await startConfluent(server.url);
    await run.put([record(0, "a", "1")]);
    expect((await failureOf(run)).message).toMatch(/422: no \(record t-0@0\).*behavior.on.error/);
  });

  test("a batch that is rejected is cut until the guilty records are known", async () => {
    await using server = await TestServer.start();
    server.react = ({ body }) => ({ status: body.includes("bad") ? 400 : 200 });
    await using run = await startAiven(server.url, {
      "batching.enabled": "true",
      "batch.suffix": ".",
    });
    const values = Array.from({ length: 32 }, (_, i) =>
      i === 5 || i === 21 ? `bad${i}` : `v${i}`,
    );
    await run.put(values.map((value, i) => record(i, "k", value)));
    await commitUntil(run, 32);
    const taken = server.taken.flatMap((body) => body.replace(/\.$/, "").split("\n"));
    expect(taken).toEqual(values.filter((value) => !value.startsWith("bad")));
    expect(run.reported.map(({ record: { value } }) => value)).toEqual(["bad5", "bad21"]);
    expect(server.seen.length).toBeLessThan(20);
  });

  test("a batch that is too large is cut until it is not", async () => {
    await using server = await TestServer.start();
    server.react = ({ body }) => ({ status: body.length > 20 ? 413 : 200 });
    await using run = await startConfluent(server.url, { "batch.max.size": "64" });
    const values = Array.from({ length: 64 }, (_, i) => `value${i}`);
    await run.put(values.map((value, i) => record(i, "k", value)));
    await commitUntil(run, 64);
    expect(server.taken.join(",").split(",")).toEqual(values);
  });

  test.each([
    ["seconds", () => "1"],
    ["a date", () => new Date(Date.now() + 1999).toUTCString()],
  ])("Retry-After in %s is kept to, by all lanes", async (_name, value) => {
    await using server = await TestServer.start();
    const times: number[] = [];
    server.react = () => {
      times.push(performance.now());
      return times.length === 1
        ? { status: 429, headers: { "retry-after": value() } }
        : { status: 200 };
    };
    await using run = await startConfluent(server.url, { ordering: "key" });
    await run.put([record(0, "a", "1")]);
    while (times.length < 1) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await run.put([record(1, "b", "2")]);
    await commitUntil(run, 2);
    for (const time of times.slice(1)) expect(time - (times[0] ?? 0)).toBeGreaterThan(900);
  });
});

describe("redirects that are followed", () => {
  test("within the host everything goes along", async () => {
    await using server = await TestServer.start();
    server.react = ({ path }) =>
      path === "/" ? { status: 307, headers: { location: "/there" } } : { status: 200 };
    await using run = await startAiven(server.url, {
      "follow.redirects": "true",
      "http.authorization.type": "static",
      "http.headers.authorization": "Bearer hunter2",
    });
    await run.put([record(0, "a", "1")]);
    await commitUntil(run, 1);
    expect(
      server.seen.map(({ path, body, headers }) => [path, body, headers.authorization]),
    ).toEqual([
      ["/", "1", "Bearer hunter2"],
      ["/there", "1", "Bearer hunter2"],
    ]);
  });

  test("to another host no credentials go along", async () => {
    await using other = await TestServer.start();
    await using server = await TestServer.start();
    reactions(server, { status: 308, headers: { location: `${other.url}/there` } });
    await using run = await startAiven(server.url, {
      "follow.redirects": "true",
      "http.authorization.type": "static",
      "http.headers.authorization": "Bearer hunter2",
      "http.headers.additional": "X-Api-Key: hunter2, Cookie: session=hunter2",
      "http.headers.content.type": "text/plain",
    });
    await run.put([record(0, "a", "1")]);
    await commitUntil(run, 1);
    expect(server.seen[0]?.headers["x-api-key"]).toBe("hunter2");
    expect(other.taken).toEqual(["1"]);
    expect(JSON.stringify(other.seen)).not.toContain("hunter2");
    expect(other.seen[0]?.headers["content-type"]).toBe("text/plain");
  });

  test.each([301, 302, 303])("%i would drop the body and is not followed", async (status) => {
    await using server = await TestServer.start();
    reactions(server, { status, headers: { location: "/there" } });
    await using run = await startAiven(server.url, { "follow.redirects": "true" });
    await run.put([record(0, "a", "1")]);
    expect((await failureOf(run)).message).toContain(`answers ${status}`);
    expect(server.seen).toHaveLength(1);
  });

  test("in circles they end", async () => {
    await using server = await TestServer.start();
    server.react = () => ({ status: 307, headers: { location: "/" } });
    await using run = await startAiven(server.url, { "follow.redirects": "true" });
    await run.put([record(0, "a", "1")]);
    expect((await failureOf(run)).message).toContain("answers 307");
    expect(server.seen).toHaveLength(6);
  });
});

test("keys of all kinds keep their order while others go on", async () => {
  await using server = await TestServer.start();
  const held: ((reaction: Reaction) => void)[] = [];
  server.react = ({ body }) =>
    body === "first" ? new Promise((resolve) => held.push(resolve)) : { status: 200 };
  await using run = await startConfluent(server.url, {
    ordering: "key",
    "max.in.flight.requests": "1000",
  });
  const keys = ["text", Buffer.from("bytes"), 7n, { id: 2n ** 60n }, new Map([["a", [1n]]]), true];
  await run.put([
    ...keys.map((key, i) => record(i, key, "first")),
    ...keys.map((key, i) => record(10 + i, key, "second")),
    record(20, "another", "free"),
  ]);
  while (server.taken.length < 1 || held.length < keys.length) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(server.taken).toEqual(["free"]);
  for (const answer of held) answer({ status: 200 });
  await commitUntil(run, 21);
  expect(server.taken).toHaveLength(13);
});

describe("broken servers", () => {
  test.each<[string, Reaction]>([
    ["no answer", { kind: "silence" }],
    ["an answer that is late", { kind: "answer-late", ms: 1500 }],
    ["a reset before", { kind: "reset-before" }],
    ["a reset after", { kind: "reset-after" }],
    ["something else than HTTP", { kind: "garbage" }],
    ["an error without end", { kind: "huge-body", status: 500 }],
  ])("%s: the record is sent again", async (_name, reaction) => {
    await using server = await TestServer.start();
    reactions(server, reaction);
    await using run = await startConfluent(server.url, { "http.request.timeout.ms": "300" });
    await run.put([record(0, "a", "1"), record(1, "a", "2")]);
    await commitUntil(run, 2);
    expect([...new Set(server.taken)]).toEqual(["1", "2"]);
    expect(server.seen.map(({ body }) => body)).toEqual(["1", "1", "2"]);
  });

  test.each<[string, Reaction]>([
    ["an answer of another length", { kind: "wrong-length" }],
    ["an answer without end", { kind: "huge-body", status: 200 }],
  ])("%s: the record was taken and is not sent again", async (_name, reaction) => {
    await using server = await TestServer.start();
    reactions(server, reaction);
    await using run = await startConfluent(server.url, { "http.request.timeout.ms": "500" });
    await run.put([record(0, "a", "1"), record(1, "a", "2")]);
    await commitUntil(run, 2);
    expect(server.seen.map(({ body }) => body)).toEqual(["1", "2"]);
  });

  test("a connection that was closed while nothing was said costs no record", async () => {
    await using server = await TestServer.start();
    server.react = () => ({ status: 200, headers: { connection: "close" } });
    await using run = await startConfluent(server.url);
    for (let i = 0; i < 20; i++) {
      await run.put([record(i, "a", String(i))]);
      await commitUntil(run, i + 1);
    }
    expect(server.taken).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });

  test("nobody there: the task fails, though records might be skipped", async () => {
    const port = await unusedPort();
    await using run = await startConfluent(`http://127.0.0.1:${port}/x`, {
      "behavior.on.error": "ignore",
      "max.retries": "2",
    });
    await run.put([record(0, "a", "1")]);
    expect((await failureOf(run)).message).toMatch(
      /No answer to POST http:\/\/127.0.0.1:\d+\/x: .*ECONNREFUSED.*given up after 3 attempts/,
    );
    expect(run.reported).toEqual([]);
  });

  test("a server that takes nothing is not given more than max.buffered.records", async () => {
    await using server = await TestServer.start();
    server.react = () => ({ kind: "silence" });
    await using run = await startConfluent(server.url, {
      "max.buffered.records": "10",
      "flush.timeout.ms": "50",
    });
    const records = Array.from({ length: 20 }, (_, i) => record(i, "a", String(i)));
    await run.put(records.slice(0, 10));
    await expect(run.put(records.slice(10), 100)).rejects.toThrow(
      /No room for new records within flush.timeout.ms \(50 ms\).*10 records held/,
    );
  });

  test("records behind one that is held up are bounded, too", async () => {
    await using server = await TestServer.start();
    server.react = ({ body }) => (body === "held" ? { kind: "silence" } : { status: 200 });
    await using run = await startConfluent(server.url, {
      ordering: "key",
      "batch.max.size": "10",
      "max.buffered.records": "10",
      "flush.timeout.ms": "100",
    });
    await run.put([record(0, "a", "held")]);
    const fill = async () => {
      for (let from = 1; from < 1000; from += 10) {
        const records = Array.from({ length: 10 }, (_, i) => record(from + i, "b", "free"));
        await run.put(records, 200);
      }
    };
    await expect(fill()).rejects.toThrow(/No room for new records .*behind records that are not/);
    expect(server.taken.join(",").split(",").length).toBeLessThan(150);
  });

  test("a stop ends requests under way and commits nothing of them", async () => {
    await using server = await TestServer.start();
    server.react = ({ body }) => (body === "1" ? { status: 200 } : { kind: "silence" });
    await using run = await startConfluent(server.url, { "flush.timeout.ms": "300" });
    await run.put([record(0, "a", "1"), record(1, "a", "2"), record(2, "a", "3")]);
    const before = Date.now();
    await run.stop();
    expect(Date.now() - before).toBeLessThan(5_000);
    expect([...run.committed.values()]).toEqual([1]);
  });

  test("what belongs to partitions that were taken away is not sent any more", async () => {
    await using server = await TestServer.start();
    let answer = (_reaction: Reaction) => {};
    server.react = ({ body }) =>
      body === "1" ? new Promise((resolve) => (answer = resolve)) : { status: 200 };
    await using run = await startConfluent(server.url);
    await run.put([
      record(0, "a", "1"),
      record(1, "a", "2"),
      record(0, "b", "other", { kafkaPartition: 1 }),
    ]);
    while (server.seen.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const closed = run.tasks[0]?.close([{ topic: "t", partition: 0 }]);
    answer({ status: 503 });
    await closed;
    await commitUntil(run, 1, 1);
    expect(server.seen.map(({ body }) => body).toSorted()).toEqual(["1", "other"]);
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
