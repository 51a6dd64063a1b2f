import { request } from "node:http";
import { describe, expect, test, vi } from "vitest";
import { send } from "./support/send.ts";
import { memoryOffsets, startWorker } from "./support/worker-under-test.ts";

// Real sockets and threads, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const SOURCE = { "connector.class": "FileStreamSource", file: "/in.txt", topic: "t" };

/** Sends a body of so many bytes in pieces, as a client does that knows no limit. */
function sendLarge(url: string, bytes: number): Promise<{ status: number; body: string }> {
  const piece = Buffer.alloc(64 * 1024, "x");
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}/connectors`,
      {
        method: "POST",
        headers: { "Content-Type": "application/json", "Content-Length": String(bytes) },
      },
      (incoming) => {
        let body = "";
        incoming.on("data", (chunk: Buffer) => (body += chunk.toString()));
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, body }));
      },
    );
    outgoing.on("error", reject);
    let left = bytes;
    const write = (): void => {
      while (left > 0) {
        left -= piece.length;
        if (!outgoing.write(left < 0 ? piece.subarray(0, piece.length + left) : piece)) {
          outgoing.once("drain", write);
          return;
        }
      }
      outgoing.end();
    };
    write();
  });
}

describe("bad requests", () => {
  test("a body of 100 MB is refused with 413, and the next request works", async () => {
    const { url } = await startWorker();
    const { status, body } = await sendLarge(url, 100_000_000);
    expect(status).toBe(413);
    expect(JSON.parse(body)).toMatchObject({
      error_code: 413,
      message: expect.stringMatching(/larger than \d+ bytes/),
    });
    expect((await send(url, "GET", "/connectors")).body).toEqual([]);
  });

  test("names of object prototypes are ordinary names", async () => {
    const { url, herder } = await startWorker();
    const config = JSON.stringify({ ...SOURCE, constructor: "c" }).replace(
      "{",
      `{"__proto__": {"polluted": "yes"}, `,
    );
    const nested = await send(url, "POST", "/connectors", `{"name": "a", "config": ${config}}`);
    expect(nested.status).toBe(500);
    const flat = config.replace(`{"polluted": "yes"}`, `"p"`);
    const made = await send(url, "POST", "/connectors", `{"name": "__proto__", "config": ${flat}}`);
    expect(made.status).toBe(201);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    const { config: stored } = await herder.connectorInfo("__proto__");
    expect(Object.entries(stored)).toContainEqual(["__proto__", "p"]);
    expect((await send(url, "GET", "/connectors/__proto__/status")).status).toBe(200);
    expect((await send(url, "GET", "/connectors/constructor")).status).toBe(404);
    expect((await send(url, "GET", "/connectors/toString/tasks/0/status")).status).toBe(404);
    const listed = await send(url, "GET", "/connectors?expand=info&expand=__proto__");
    expect(Object.keys(listed.body as object)).toEqual(["__proto__"]);
  });

  test.each([
    ["/connectors/../../etc/passwd", 404],
    ["/connectors/..%2F..%2Fetc%2Fpasswd", 400],
    ["/connectors/%2e%2e/config", 400],
    ["//etc/passwd", 400],
    ["/connectors/a%00b", 400],
    ["/connectors/a%5Cb", 400],
    ["/connectors/%zz", 400],
    ["/connectors/%ff", 400],
    [`/connectors/${"n".repeat(9_000)}`, 404],
  ])("%s is answered with %i", async (path, status) => {
    const { url } = await startWorker();
    expect((await send(url, "GET", path)).status).toBe(status);
  });

  test("a body is looked at where one is needed", async () => {
    const { url, herder } = await startWorker();
    await herder.createConnector("a", { ...SOURCE, name: "a" }, "STOPPED");
    expect((await send(url, "PUT", "/connectors/a/pause", "{")).status).toBe(202);
    expect((await send(url, "POST", "/nowhere", "{")).status).toBe(404);
    expect((await send(url, "PATCH", "/connectors/b/config", "null")).status).toBe(404);
    expect((await send(url, "PATCH", "/connectors/a/config", "null")).status).toBe(500);
    const untyped = { "Content-Type": null };
    expect((await send(url, "PUT", "/connectors/a/pause", "x", untyped)).status).toBe(202);
    expect(await send(url, "POST", "/connectors", "{}", untyped)).toMatchObject({
      status: 415,
      headers: { "content-type": "application/json" },
    });
  });

  test.each([
    ["text/plain", undefined, 415],
    ["application", undefined, 400],
    ["", undefined, 400],
    ["application/json", "text/plain", 406],
    ["application/json", ",", 400],
    ["application/json;charset=utf-8", "text/html, */*;q=0", 500],
  ])("types come before the body: %j, %j", async (type, accept, status) => {
    const { url } = await startWorker();
    const headers = { "Content-Type": type, ...(accept && { Accept: accept }) };
    expect((await send(url, "POST", "/connectors", "{", headers)).status).toBe(status);
  });

  test("methods that nobody has are refused", async () => {
    const { url } = await startWorker();
    expect((await send(url, "TRACE", "/connectors")).status).toBe(405);
    expect((await send(url, "PROPFIND", "/connectors/a/status")).status).toBe(405);
    expect((await send(url, "TRACE", "/nowhere")).status).toBe(404);
    const options = await send(url, "OPTIONS", "/connectors/a");
    expect(options.body).toBe("HEAD, DELETE, GET, OPTIONS");
  });

  test("a body that is not UTF-8 is refused", async () => {
    const { url } = await startWorker();
    const outgoing = await fetch(`${url}/connectors`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(outgoing.status).toBe(500);
    expect(await outgoing.json()).toMatchObject({ message: expect.stringMatching(/not UTF-8/) });
  });

  test("malformed JSON is located, and never quoted", async () => {
    const { url } = await startWorker();
    const body = `{"name": "a",\n "config": {"password": "hunter2"x}}`;
    const answer = await send(url, "POST", "/connectors", body);
    expect(answer.status).toBe(500);
    const { message } = answer.body as { message: string };
    expect(message).toMatch(/not valid JSON.*line 2 column/);
    expect(message).not.toContain("hunter2");
  });

  test.each([
    [`${"[".repeat(100_000)}${"]".repeat(100_000)}`, /nested too deeply/],
    [`{"name": "a", "config": {"k": ${"[".repeat(100_000)}${"]".repeat(100_000)}}}`, /nested/],
    [`${`{"k":`.repeat(100_000)}1${"}".repeat(100_000)}`, /nested too deeply/],
    [`{"name": "a", "config": {}} {}`, /unexpected character after JSON at position 28/],
    [`{"name": "a", "conf`, /ends too early in JSON/],
  ])("what is wrong with a body is said (%#)", async (body, message) => {
    const { url } = await startWorker();
    const answer = await send(url, "POST", "/connectors", body);
    expect(answer.status).toBe(500);
    expect((answer.body as { message: string }).message).toMatch(message);
  });

  test("a name with half a surrogate pair is taken, and has a location", async () => {
    const { url } = await startWorker();
    const config = { ...SOURCE, name: "a\ud800" };
    const made = await send(url, "POST", "/connectors", { name: "a\ud800", config });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: "a\ud800" });
  });

  test("a name that is too long for a header is created without a location", async () => {
    const { url } = await startWorker();
    for (const [length, located] of [
      [1_000, true],
      [100_000, false],
    ] as const) {
      const name = "n".repeat(length);
      const body = JSON.stringify({ name, config: { ...SOURCE, name } });
      const headers = { "Content-Type": "application/json" };
      const made = await fetch(`${url}/connectors`, { method: "POST", headers, body });
      expect([made.status, made.headers.has("location")]).toEqual([201, located]);
    }
  });

  test("a configuration without a class shows no secrets", async () => {
    const { url, log } = await startWorker();
    const config = { "connection.password": "hunter2", "ssl.key.password": "hunter2", a: "b" };
    const answer = await send(url, "POST", "/connectors", { name: "x", config });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain("a=b");
    expect(JSON.stringify([answer.body, log])).not.toContain("hunter2");
  });

  test("numbers keep all their digits", async () => {
    const { url, herder } = await startWorker();
    const body = `{"name": "n", "config": {"connector.class": "FileStreamSource", "topic": "t", "big": 9007199254740993, "money": 1.50, "yes": true}}`;
    expect((await send(url, "POST", "/connectors", body)).status).toBe(201);
    expect((await herder.connectorInfo("n")).config).toMatchObject({
      big: "9007199254740993",
      money: "1.50",
      yes: "true",
    });
  });
});

describe("settings of the REST API", () => {
  test("topic tracking can be off, or not resettable", async () => {
    const off = await startWorker({ "topic.tracking.enable": "false" });
    for (const [method, path] of [
      ["GET", "/connectors/a/topics"],
      ["PUT", "/connectors/a/topics/reset"],
    ] as const) {
      expect(await send(off.url, method, path)).toMatchObject({
        status: 403,
        body: { message: "Topic tracking is disabled." },
      });
    }
    const kept = await startWorker({ "topic.tracking.allow.reset": "false" });
    expect(await send(kept.url, "PUT", "/connectors/a/topics/reset")).toMatchObject({
      status: 403,
      body: { message: "Topic tracking reset is disabled." },
    });
  });

  test("admin endpoints can be switched off, or stand alone", async () => {
    const off = await startWorker({ "admin.listeners": "" });
    expect((await send(off.url, "GET", "/admin/loggers")).status).toBe(404);
    expect((await send(off.url, "GET", "/metrics")).status).toBe(404);
    const apart = await startWorker({ "admin.listeners": "http://127.0.0.1:0" });
    expect((await send(apart.url, "GET", "/admin/loggers")).status).toBe(404);
    expect((await send(apart.url, "GET", "/metrics")).status).toBe(404);
    expect((await send(apart.url, "GET", "/connectors")).status).toBe(200);
    expect((await send(apart.addresses[1]!, "GET", "/metrics")).status).toBe(200);
  });

  test("an address that is taken is named", async () => {
    const { url } = await startWorker();
    await expect(startWorker({ listeners: url })).rejects.toThrow(
      new RegExp(`cannot listen on ${url} \\(listeners\\): .*EADDRINUSE`),
    );
  });

  test("offsets of a source are shown as they were written", async () => {
    const offsets = memoryOffsets({
      '["a",{"table":"t"}]': '{"id":9007199254740993}',
      '["ab",{"table":"t"}]': '{"id":1}',
    });
    const { url } = await startWorker({}, offsets);
    await send(url, "PUT", "/connectors/a/config", SOURCE);
    const text = await fetch(`${url}/connectors/a/offsets`).then((answer) => answer.text());
    expect(text).toBe('{"offsets":[{"partition":{"table":"t"},"offset":{"id":9007199254740993}}]}');
  });
});

test("headers are added by rule, and browsers of allowed origins let in", async () => {
  const { url } = await startWorker({
    "response.http.headers.config": `add X-One: 1, "set Cache-Control: no-cache, no-store", addDate Expires: 0`,
    "access.control.allow.origin": "http://a.example",
    "access.control.allow.methods": "GET,POST",
  });
  const get = (headers: Record<string, string>, method = "GET") =>
    fetch(`${url}/connectors`, { method, headers });
  const plain = await get({});
  expect(plain.headers.get("x-one")).toBe("1");
  expect(plain.headers.get("cache-control")).toBe("no-cache, no-store");
  expect(Date.parse(plain.headers.get("expires")!)).toBeGreaterThan(0);
  expect(plain.headers.get("access-control-allow-origin")).toBeNull();

  const allowed = await get({ Origin: "http://a.example" });
  expect(allowed.headers.get("access-control-allow-origin")).toBe("http://a.example");
  const other = await get({ Origin: "http://a.example.evil" });
  expect(other.headers.get("access-control-allow-origin")).toBeNull();

  const preflight = (method: string) =>
    get({ Origin: "http://a.example", "Access-Control-Request-Method": method }, "OPTIONS");
  expect((await preflight("POST")).headers.get("access-control-allow-methods")).toBe("GET,POST");
  expect((await preflight("DELETE")).headers.get("access-control-allow-methods")).toBeNull();
});
