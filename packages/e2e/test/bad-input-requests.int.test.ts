import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type ConnectorStatus, sharedKafka } from "@millrace/services";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RestError, Witness } from "./support/witness.ts";

const SECRET = "kept-out-of-requests";
const TOPIC = `bad-requests-${randomUUID()}`;

let witness: Witness;
let file: string;

beforeAll(async () => {
  witness = await Witness.start({ bootstrapServers: await sharedKafka() }, [SECRET]);
  file = join(witness.worker.folder, "in.txt");
  await writeFile(file, "one\n");
});
afterEach(async () => {
  await witness.expectUndisturbed();
  await witness.expectNoSecrets();
});
afterAll(() => witness?.[Symbol.asyncDispose]());

const source = () => ({ "connector.class": "FileStreamSource", file, topic: TOPIC });

async function connectors(): Promise<string[]> {
  const { body } = await witness.request<string[]>("GET", "/connectors");
  return body.toSorted();
}

const nested = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);

describe("a body that is not what it should be", () => {
  it.each([
    ["no JSON", `{"name": "a", "config": {"password": "${SECRET}`, /ends too early/],
    ["broken JSON", `{"name": "a",\n "config": {"p": "${SECRET}"x}}`, /line 2 column/],
    ["more after it", `{"name": "a", "config": {}} ${SECRET}`, /after JSON at position 28/],
    ["nothing", "", /body is empty: send \{"name"/],
    ["null", "null", /body is empty: send \{"name"/],
    ["a list", "[]", /body is a list: send \{"name"/],
    ["a text", `"a"`, /body is a text: send \{"name"/],
    ["no config", `{"name": "a"}`, /"config" must be an object/],
    ["a list for config", `{"name": "a", "config": []}`, /"config" must be an object/],
    ["an unknown field", `{"name": "a", "config": {}, "tasks": 1}`, /"tasks".*initial_state/],
    ["a name that is an object", `{"name": {}, "config": {}}`, /"name" is an object/],
    ["a value that is an object", `{"name": "a", "config": {"k": {}}}`, /"k" is an object/],
    ["a value that is a list", `{"name": "a", "config": {"k": []}}`, /"k" is a list/],
    ["a state nobody knows", `{"config": {}, "initial_state": "ON"}`, /PAUSED, STOPPED/],
    ["100,000 brackets", nested("[", "]"), /nested too deeply/],
    ["100,000 objects", `${`{"k":`.repeat(100_000)}1${"}".repeat(100_000)}`, /too deeply/],
    ["brackets in a value", `{"config": {"k": ${nested("[", "]")}}}`, /nested too deeply/],
  ])("%s: 500, as Kafka Connect has it", async (_, body, message) => {
    const before = await connectors();
    const answer = await witness.request("POST", "/connectors", body);
    expect(answer).toMatchObject({ status: 500, body: { error_code: 500 } });
    expect(answer.body.message).toMatch(message);
    expect(await connectors()).toEqual(before);
  });

  it.each([
    ["text/plain", 415],
    ["application/x-www-form-urlencoded", 415],
    ["application/xml", 415],
    ["application/json; charset=utf-8", 500],
  ])("of type %s: %i", async (type, status) => {
    const response = await fetch(`${witness.worker.url}/connectors`, {
      method: "POST",
      headers: { "Content-Type": type },
      body: "{}",
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error_code: status });
  });

  it("of 100 MB is refused at once, and held nowhere", async () => {
    const usual = await residentMb();
    let highest = 0;
    const sending = new AbortController();
    const watching = (async () => {
      while (!sending.signal.aborted) {
        highest = Math.max(highest, await residentMb());
        await sleep(20);
      }
    })();
    try {
      const start = performance.now();
      for (let i = 0; i < 10; i++) {
        const answer = await sendLarge(100_000_000);
        expect(answer.status).toBe(413);
        expect(answer.body.message).toMatch(/larger than \d+ bytes/);
      }
      expect(performance.now() - start).toBeLessThan(20_000);
    } finally {
      sending.abort();
      await watching;
    }
    // A gigabyte was sent.
    expect(highest - usual).toBeLessThan(150);
  });
});

describe("odd but well-formed JSON", () => {
  it("with a key twice: the last one counts", async () => {
    const body = JSON.stringify({ name: "twice", config: source() })
      .replace("{", `{"name": "first",`)
      .replace(`"topic"`, `"topic": "t", "topic"`);
    const answer = await witness.request<object>("POST", "/connectors", body);
    expect(answer).toMatchObject({ status: 201, body: { name: "twice" } });
    expect(answer.body).toMatchObject({ config: { topic: TOPIC } });
    await witness.request("DELETE", "/connectors/twice");
  });

  it("with keys of object prototypes: they are keys like others", async () => {
    const config = JSON.stringify({ ...source(), constructor: "c", toString: "t" });
    const body = `{"name": "proto", "config": ${config.replace("{", `{"__proto__": "p",`)}}`;
    expect((await witness.request("POST", "/connectors", body)).status).toBe(201);
    await witness.worker.client.waitFor("proto");
    const stored = await fetch(`${witness.worker.url}/connectors/proto/config`);
    expect(await stored.text()).toMatch(/"__proto__":"p".*"constructor":"c".*"toString":"t"/);
    const polluting = body.replace(`"p"`, `{"polluted": "yes"}`);
    expect((await witness.request("PUT", "/connectors/proto/config", polluting)).status).toBe(500);
    await witness.request("DELETE", "/connectors/proto");
  });
});

describe("names", () => {
  // As Kafka Connect does it, a name with a slash can be given, but no path leads to it.
  it.each([
    ["a b", "a%20b", 200],
    ["ünï ✓ 😀", "%C3%BCn%C3%AF%20%E2%9C%93%20%F0%9F%98%80", 200],
    ["a+b", "a+b", 200],
    // What follows a semicolon in a path is a matrix parameter.
    ["a;b=c", "a%3Bb=c", 200],
    [`q"<>?#&'`, "q%22%3C%3E%3F%23&'", 200],
    ["__proto__", "__proto__", 200],
    ["constructor", "constructor", 200],
    ["n".repeat(10_000), "n".repeat(10_000), 200],
    ["a/b", "a%2Fb", 400],
    ["a%b", "a%25b", 400],
    ["..", "%2e%2e", 400],
    ["half \ud800", "half%20%ED%A0%80", 400],
  ])("%j can be given; GET /connectors/%s: %i", async (name, path, status) => {
    const created = await witness.create(name, source());
    expect(created.status).toBe(201);
    expect((await witness.create(name, source())).body.message).toBe(
      `Connector ${name} already exists`,
    );
    await untilRunning(name);
    expect(await statusOfRaw(`/connectors/${path}`)).toBe(status);
    if (status !== 200) return;
    const { body } = await witness.request<object>("GET", `/connectors/${path}`);
    expect(body).toMatchObject({ name });
    const deleted = await witness.request("DELETE", `/connectors/${path}`);
    expect(deleted.status).toBe(204);
  });

  it("that do not fit into a request to Kafka can be given, and the task says so", async () => {
    const long = "n".repeat(100_000);
    expect((await witness.create(long, source())).status).toBe(201);
    await expect.poll(() => traceOf(long)).toMatch(/client\.id has 100\d+ bytes.*shorten/);
  });

  it.each([
    ["", /may not be empty/],
    [" \t ", /may not be empty/],
    ["a\u0000b", /control sequences.*: 0/],
    ["a\nb", /control sequences.*: 10/],
    ["\u001b[31mred\u007f", /control sequences.*27/],
  ])("%j is refused", async (name, message) => {
    const before = await connectors();
    const answer = await witness.create(name, source());
    expect(answer.status).toBe(400);
    expect(answer.body.message).toMatch(/Invalid value .* for configuration name: /s);
    expect(answer.body.message).toMatch(message);
    expect(await connectors()).toEqual(before);
  });

  it("that are taken are refused, and the connector runs on", async () => {
    expect((await witness.create("taken", source())).status).toBe(201);
    const again = await witness.create("taken", { ...source(), topic: "other" });
    expect(again).toMatchObject({
      status: 409,
      body: { error_code: 409, message: "Connector taken already exists" },
    });
    const { body } = await witness.request<object>("GET", "/connectors/taken/config");
    expect(body).toMatchObject({ topic: TOPIC });
    await witness.worker.client.waitFor("taken");
    await witness.request("DELETE", "/connectors/taken");
  });

  it("that differ inside the configuration are refused", async () => {
    const answer = await witness.create("outside", { ...source(), name: "inside" });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toMatch(/\(inside\) doesn't match .* \(outside\)/);
  });
});

describe("at the same time", () => {
  it("twenty requests create one connector, once", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => witness.create("one", source())),
    );
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    expect([count(201), count(409)]).toEqual([1, 19]);
    await witness.worker.client.waitFor("one");
    await witness.request("DELETE", "/connectors/one");
  });

  it("a connector can be deleted while it starts, and made again", async () => {
    for (let i = 0; i < 10; i++) {
      const creating = witness.create("brief", source());
      await sleep(i * 3);
      const deleted = await witness.request("DELETE", "/connectors/brief");
      expect([204, 404]).toContain(deleted.status);
      expect((await creating).status).toBe(201);
      // Where it came too early there is something left to delete, and only there.
      const again = await witness.request("DELETE", "/connectors/brief");
      expect(again.status).toBe(deleted.status === 404 ? 204 : 404);
    }
    expect(await connectors()).not.toContain("brief");
    expect((await witness.request("GET", "/connectors/brief/status")).status).toBe(404);
    expect((await witness.create("brief", source())).status).toBe(201);
    await witness.worker.client.waitFor("brief");
    await witness.request("DELETE", "/connectors/brief");
  });
});

describe("paths and methods", () => {
  it.each([
    ["GET", "/nope", 404],
    ["GET", "/connectors/nope", 404],
    ["GET", "/connectors/nope/status", 404],
    ["DELETE", "/connectors/nope", 404],
    ["PUT", "/connectors/nope/pause", 404],
    ["POST", "/connectors/nope/restart", 404],
    ["POST", "/connectors/$healthy/tasks/7/restart", 404],
    ["POST", "/connectors/$healthy/tasks/x/restart", 404],
    ["GET", "/connector-plugins/Nope/config", 404],
    ["PATCH", "/connectors", 405],
    ["POST", "/connectors/$healthy/config", 405],
  ])("%s %s: %i", async (method, path, status) => {
    const answer = await witness.request(method, path.replace("$healthy", witness.healthy.source));
    expect(answer).toMatchObject({ status, body: { error_code: status } });
  });

  it.each(["//connectors", "/connectors/%zz", "/connectors/%ff", "/connectors/a%00b"])(
    "%s: 400",
    async (path) => {
      expect(await statusOfRaw(path)).toBe(400);
    },
  );
});

/** By the list, as no path leads to some names. */
async function statusOf(name: string): Promise<ConnectorStatus | undefined> {
  type Listed = Record<string, { status: ConnectorStatus }>;
  const { body } = await witness.request<Listed>("GET", "/connectors?expand=status");
  return body[name]?.status;
}

async function untilRunning(name: string): Promise<void> {
  while ((await statusOf(name))?.connector.state !== "RUNNING") await sleep(20);
}

async function traceOf(name: string): Promise<string> {
  return (await statusOf(name))?.tasks[0]?.trace ?? "";
}

async function residentMb(): Promise<number> {
  const pid = String(witness.worker.pid);
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", pid]);
  return Number(stdout) / 1024;
}

/** Sends so many bytes in pieces, as a client does that knows no limit, and reads the answer. */
function sendLarge(bytes: number): Promise<{ status: number; body: RestError }> {
  const piece = Buffer.alloc(64 * 1024, "x");
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      `${witness.worker.url}/connectors`,
      { method: "POST", headers: { "Content-Type": "application/json" } },
      (incoming) => {
        let text = "";
        incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
        incoming.on("end", () => {
          const body = JSON.parse(text) as RestError;
          resolve({ status: incoming.statusCode ?? 0, body });
        });
      },
    );
    outgoing.on("error", reject);
    let left = bytes;
    const write = (): void => {
      while (left > 0) {
        left -= piece.length;
        if (!outgoing.write(piece)) {
          outgoing.once("drain", write);
          return;
        }
      }
      outgoing.end();
    };
    write();
  });
}

/** Without what `fetch` does to a path before it sends it. */
function statusOfRaw(path: string): Promise<number> {
  const { hostname, port } = new URL(witness.worker.url);
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}
