import { describe, expect, test } from "vitest";
import { MemoryOffsets } from "@millrace/connect-testkit";
import { MillraceHttpSourceConnector } from "../src/index.ts";
import { type Reaction, TestServer } from "./http-server.ts";
import { ListApi } from "./list-api.ts";
import { idsOf, startConfluentSource, startMillrace } from "./source.ts";

const ONE: Reaction = { status: 200, body: '[{"id":1}]' };
const SECRET = "s3cret-0f-the-source";

/** The first reactions in turn, then one record. */
function reactions(server: TestServer, ...list: Reaction[]): void {
  server.react = () => list[server.seen.length - 1] ?? ONE;
}

describe("asked again", () => {
  test.each<[string, Reaction]>([
    ["408", { status: 408 }],
    ["429", { status: 429 }],
    ["500", { status: 500, body: "oops" }],
    ["503 at once", { status: 503, headers: { "retry-after": "0" } }],
    ["a reset", { kind: "reset-before" }],
    ["a reset after", { kind: "reset-after" }],
    ["something else than HTTP", { kind: "garbage" }],
    ["no answer", { kind: "silence" }],
    ["an answer that breaks off", { kind: "wrong-length" }],
    ["an error without end", { kind: "huge-body", status: 502 }],
  ])("%s", async (_name, reaction) => {
    await using server = await TestServer.start();
    reactions(server, reaction, reaction);
    await using run = await startMillrace(server.url, { "http.request.timeout.ms": "300" });
    expect(idsOf(await run.take(1)).slice(0, 1)).toEqual([1]);
    expect(server.seen.length).toBeGreaterThanOrEqual(3);
  });

  test("until max.retries, then the task fails", async () => {
    await using server = await TestServer.start();
    server.react = () => ({ status: 503, body: "busy" });
    await using run = await startMillrace(`${server.url}/list?key=${SECRET}`, {
      "max.retries": "2",
    });
    await expect(run.take(1)).rejects.toThrow(
      `GET ${server.url}/list answers 503: busy; given up after 3 attempts`,
    );
    expect(server.seen).toHaveLength(3);
  });

  test("for ever where errors are ignored, and no page is skipped", async () => {
    await using server = await TestServer.start();
    const api = new ListApi();
    api.add(7);
    let number = 0;
    server.react = (seen) => (number++ % 3 === 0 ? api.react(seen) : { status: 404 });
    await using run = await startMillrace(`${server.url}/page`, {
      pagination: "page",
      "pagination.parameter": "page",
      "pagination.at.end": "keep",
      "records.path": "$.items",
      "behavior.on.error": "ignore",
    });
    expect(idsOf(await run.take(7))).toEqual(api.ids);
    expect(run.logger.text()).toMatch(/answers 404; the same page is asked for after the interval/);
  });
});

test.each<[string, Reaction, RegExp]>([
  ["404", { status: 404, body: "gone" }, /answers 404: gone/],
  ["401", { status: 401 }, /answers 401/],
  ["what is no JSON", { status: 200, body: "<html>" }, /is not JSON/],
  ["a redirect that is no use", { status: 302 }, /answers 302/],
  [
    "an answer that is too large",
    { kind: "huge-body", status: 200 },
    /more than 100000 bytes \(response.max.bytes\)/,
  ],
  [
    "an encoding that was not asked for",
    { status: 200, headers: { "content-encoding": "zip" }, body: "x" },
    /content-encoding zip/,
  ],
])("%s fails the task at once", async (_name, reaction, message) => {
  await using server = await TestServer.start();
  reactions(server, reaction);
  await using run = await startMillrace(server.url, { "response.max.bytes": "100000" });
  await expect(run.take(1)).rejects.toThrow(message);
  expect(server.seen).toHaveLength(1);
});

test("what cannot be understood is asked for again where errors are ignored", async () => {
  await using server = await TestServer.start();
  const page = (id: number) => ({ status: 200, body: `{"items":[{"id":${id}}],"next":"${id}"}` });
  reactions(
    server,
    page(1),
    { status: 200, body: "<html>" },
    { status: 200, body: '{"oops":1}' },
    page(2),
    { status: 200, body: '{"items":[{"id":3}]}' },
  );
  await using run = await startMillrace(server.url, {
    pagination: "cursor",
    "pagination.parameter": "cursor",
    "pagination.path": "$.next",
    "records.path": "$.items",
    "behavior.on.error": "ignore",
  });
  expect(idsOf(await run.take(3))).toEqual([1, 2, 3]);
  expect(server.seen.map(({ path }) => path)).toEqual([
    "/",
    "/?cursor=1",
    "/?cursor=1",
    "/?cursor=1",
    "/?cursor=2",
  ]);
});

test.each([204, 304])("%i is no records", async (status) => {
  await using server = await TestServer.start();
  reactions(server, { status });
  await using run = await startMillrace(server.url);
  expect(idsOf(await run.take(1)).slice(0, 1)).toEqual([1]);
});

describe("rate limits", () => {
  test("requests.per.second", async () => {
    await using server = await TestServer.start();
    const times: number[] = [];
    server.react = () => {
      times.push(performance.now());
      return { status: 200, body: "[]" };
    };
    await using run = await startMillrace(server.url, {
      "requests.per.second": "10",
      "poll.interval.ms": "0",
    });
    await run.takeFor(450);
    expect(times.length).toBeLessThanOrEqual(5);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThan(90);
  });

  test.each([
    ["Retry-After", () => ({ "retry-after": "1" }), 429],
    [
      "X-RateLimit-Reset, seconds",
      () => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" }),
      200,
    ],
    [
      "X-RateLimit-Reset, a moment",
      () => ({
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(Math.ceil(Date.now() / 1000) + 1),
      }),
      200,
    ],
  ])("%s is kept to", async (_name, headers, status) => {
    await using server = await TestServer.start();
    const times: number[] = [];
    server.react = () => {
      times.push(performance.now());
      return times.length === 1 ? { status, headers: headers(), body: "[]" } : ONE;
    };
    await using run = await startMillrace(server.url);
    await run.take(1);
    expect(times[1]! - times[0]!).toBeGreaterThan(900);
  });
});

describe("pages in circles", () => {
  test("by a cursor that was there before", async () => {
    await using server = await TestServer.start();
    const next: Record<string, string> = { "": "a", a: "b", b: "a" };
    server.react = ({ path }) => {
      const cursor = new URL(path, server.url).searchParams.get("cursor") ?? "";
      return { status: 200, body: JSON.stringify({ items: [{ id: cursor }], next: next[cursor] }) };
    };
    await using run = await startMillrace(server.url, {
      pagination: "cursor",
      "pagination.parameter": "cursor",
      "pagination.path": "$.next",
      "records.path": "$.items",
    });
    await expect(run.take(100)).rejects.toThrow(/go in a circle: page a was there before/);
  });

  test("by a server that pays no heed to the page's number", async () => {
    await using server = await TestServer.start();
    server.react = () => ONE;
    await using run = await startMillrace(server.url, {
      pagination: "page",
      "pagination.parameter": "page",
    });
    await expect(run.take(100)).rejects.toThrow(/go in a circle/);
  });
});

describe("credentials", () => {
  const PROPS = {
    "auth.type": "BEARER",
    "bearer.token": SECRET,
    headers: `X-Api-Key: ${SECRET}`,
  };

  test("stay with their host when a redirect leads elsewhere", async () => {
    await using other = await TestServer.start();
    other.react = () => ONE;
    await using server = await TestServer.start();
    server.react = () => ({ status: 302, headers: { location: `${other.url}/there` } });
    await using run = await startMillrace(server.url, PROPS);
    await run.take(1);
    expect(server.seen[0]?.headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      "x-api-key": SECRET,
    });
    expect(JSON.stringify(other.seen)).not.toContain(SECRET);
  });

  test("are not sent to where a server says that the next page is", async () => {
    await using other = await TestServer.start();
    await using server = await TestServer.start();
    const link = `<${other.url}/next?x=1>; rel="next"`;
    server.react = () => ({ status: 200, headers: { link }, body: '[{"id":1}]' });
    await using run = await startMillrace(server.url, { ...PROPS, pagination: "link-header" });
    await expect(run.take(2)).rejects.toThrow(
      /next page is said to be at .*\/next, which is not the host of the configuration/,
    );
    expect(other.seen).toEqual([]);
  });

  test("are not shown when a server repeats them", async () => {
    await using server = await TestServer.start();
    server.react = ({ headers }) => ({ status: 403, body: JSON.stringify(headers) });
    await using run = await startMillrace(server.url, PROPS);
    const { message } = await run.take(1).then(
      () => new Error("It was taken"),
      (thrown: unknown) => thrown as Error,
    );
    expect(message).toContain("answers 403");
    expect(message).not.toContain(SECRET);
    expect(run.logger.text()).not.toContain(SECRET);
  });

  test("are fetched by OAuth 2, and again when they are refused", async () => {
    await using server = await TestServer.start();
    let issued = 0;
    server.react = ({ path, headers }) => {
      if (path === "/token") return { status: 200, body: `{"access_token":"token-${++issued}"}` };
      return headers.authorization === "Bearer token-2" ? ONE : { status: 401 };
    };
    await using run = await startMillrace(`${server.url}/list`, {
      "auth.type": "OAUTH2",
      "oauth2.token.url": `${server.url}/token`,
      "oauth2.client.id": "client",
      "oauth2.client.secret": SECRET,
    });
    await run.take(1);
    expect(issued).toBe(2);
  });
});

test("what a server gives as cursor stays one parameter", async () => {
  await using server = await TestServer.start();
  const cursor = "x&admin=true#\r\nX-Evil: 1";
  server.react = ({ path }) =>
    path.includes("cursor")
      ? { status: 200, body: '{"items":[{"id":2}]}' }
      : { status: 200, body: JSON.stringify({ items: [{ id: 1 }], next: cursor }) };
  await using run = await startMillrace(server.url, {
    pagination: "cursor",
    "pagination.parameter": "cursor",
    "pagination.path": "$.next",
    "records.path": "$.items",
    "poll.interval.ms": "60000",
  });
  await run.take(2);
  const { searchParams } = new URL(server.seen[1]?.path ?? "", server.url);
  expect([...searchParams]).toEqual([["cursor", cursor]]);
});

test("a cursor with line ends does not get into a header", async () => {
  await using server = await TestServer.start();
  server.react = () => ({ status: 200, body: '{"items":[{"id":1}],"next":"a\\r\\nX-Evil: 1"}' });
  await using run = await startMillrace(server.url, {
    pagination: "cursor",
    headers: "X-Cursor: ${page}",
    "pagination.path": "$.next",
    "records.path": "$.items",
  });
  await expect(run.take(2)).rejects.toThrow(
    /characters that are not allowed in the header X-Cursor/,
  );
  expect(server.seen).toHaveLength(1);
});

describe("configurations and offsets", () => {
  const errorsOf = (props: Record<string, string>) =>
    Object.fromEntries(
      new MillraceHttpSourceConnector()
        .validate({ url: "http://localhost/", topic: "t", ...props })
        .filter(({ errors }) => errors.length > 0)
        .map(({ name, errors }) => [name, errors[0]]),
    );

  test.each<[Record<string, string>, string, RegExp]>([
    [{ url: "ftp://x" }, "url", /scheme is ftp:/],
    [{ url: "http://u:p@x/" }, "url", /user or password/],
    [{ url: "http://x/${key}" }, "url", /\$\{key\} is not known/],
    [{ topic: "${page}" }, "topic", /\$\{page\} is not known/],
    [{ "records.path": "$.[" }, "records.path", /neither a JSONPath nor a JSON Pointer/],
    [{ pagination: "cursor" }, "pagination.path", /needs pagination.path/],
    [{ pagination: "page" }, "pagination.parameter", /needs pagination.parameter/],
    [
      { pagination: "offset", "pagination.parameter": "o", "pagination.first": "x" },
      "pagination.first",
      /whole number/,
    ],
    [{ incremental: "timestamp" }, "incremental.path", /needs incremental.path/],
    [
      { incremental: "timestamp", "incremental.path": "$.t", "incremental.initial": "soon" },
      "incremental.initial",
      /no timestamp/,
    ],
    [{ "auth.type": "BASIC" }, "connection.user", /needs connection.user/],
    [{ headers: "a" }, "headers", /name:value/],
    [{ "request.parameters": "a" }, "request.parameters", /name=value/],
    [{ "oauth2.jwt.enabled": "true" }, "oauth2.jwt.enabled", /not supported/],
  ])("%o", (props, key, message) => {
    expect(errorsOf(props)[key]).toMatch(message);
  });

  test("an offset of something else is refused with what it should be", async () => {
    const offsets = new MemoryOffsets([[{ api: "1", entity: "" }, { timestamp: "x" }]]);
    await expect(startMillrace("http://localhost/", {}, { offsets })).rejects.toThrow(
      /stored offset \{"timestamp":"x"\} is not one of this connector/,
    );
    const connector = new MillraceHttpSourceConnector();
    const alter = (partition: object, offset: object | null) =>
      connector.alterOffsets({}, new Map([[{ ...partition }, offset && { ...offset }]]));
    expect(() => alter({ url: "x" }, null)).toThrow(/is not one of this connector/);
    expect(() => alter({ api: "1", entity: "" }, { v: 1, seen: "[" })).toThrow(/stored offset/);
    expect(alter({ api: "1", entity: "" }, { v: 1, since: "2020-01-01T00:00:00Z" })).toBe(true);
    expect(alter({ api: "1", entity: "a" }, null)).toBe(true);
  });

  test("a dry run asks once", async () => {
    await using server = await TestServer.start();
    server.react = ({ headers }) => ({ status: headers["x-key"] === "k" ? 200 : 401 });
    const ask = (headers: string) =>
      new MillraceHttpSourceConnector().testConnection(
        { url: `${server.url}/list`, topic: "t", headers },
        new AbortController().signal,
      );
    expect(await ask("X-Key: k")).toBe(`${server.url}/list answers GET with 200`);
    await expect(ask("")).rejects.toThrow(/check the credentials/);
    expect(server.seen).toHaveLength(2);
  });
});

test("a stop ends a request that is under way", async () => {
  await using server = await TestServer.start();
  server.react = () => ({ kind: "silence" });
  await using run = await startConfluentSource(server.url);
  const before = Date.now();
  expect(await run.takeFor(100)).toEqual([]);
  expect(Date.now() - before).toBeLessThan(5_000);
});
