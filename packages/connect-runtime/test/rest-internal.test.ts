import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TlsSettings } from "@millrace/kafka-client";
import { makeCertificates } from "@millrace/services";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { RequestProof } from "../src/herder/herder.ts";
import { sign, type SignatureRules, verify } from "../src/herder/internal-signature.ts";
import { LeaderRequests } from "../src/rest/leader-requests.ts";
import { RestClient } from "../src/rest/rest-client.ts";
import { answering, fakeTarget, fakeWorker, follower } from "./support/fake-cluster.ts";
import { send } from "./support/send.ts";

// Real sockets, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const KEY = Buffer.from("0123456789abcdef0123456789abcdef");
const SIGNING = { key: KEY, algorithm: "HmacSHA256" };
const RULES: SignatureRules = {
  protocolSigned: true,
  sessionKey: { key: KEY, algorithm: "HmacSHA256", createdMs: 0 },
  verificationAlgorithms: ["HmacSHA256"],
};

/** A worker whose herder lets only signed requests pass, as that of a cluster does. */
async function leader(rules = RULES) {
  const worker = await fakeWorker();
  worker.answer = (_, ...args) => verify(args.at(-1) as RequestProof, rules);
  return worker;
}

const requests = new LeaderRequests(new RestClient());

describe("requests between workers", () => {
  const twoTasks = [{ file: "ä", n: "1" }, {}];

  test.each(["a", "a b", "ä", "a+b", "a?b#c;d"])(
    "arrive signed, for connector %j",
    async (name) => {
      const { url, calls } = await leader();
      await requests.putTaskConfigs(url, name, twoTasks, SIGNING);
      await requests.fenceZombies(url, name, SIGNING);
      const body = Buffer.from(JSON.stringify(twoTasks));
      expect(calls).toEqual([
        ["putTaskConfigs", name, twoTasks, expect.objectContaining({ body })],
        ["fenceZombies", name, expect.objectContaining({ body: Buffer.alloc(0) })],
      ]);
    },
  );

  test("arrive signed over another worker, byte by byte", async () => {
    const { url, calls } = await leader();
    const middle = await follower(url);
    const body = `[ {"a": "\\u0062",\n "n": 1.50} ]`;
    const headers = sign(Buffer.from(body), KEY, "HmacSHA256");
    const answer = await send(middle.url, "POST", "/connectors/a/tasks", body, {
      ...headers,
      "Content-Type": "application/json",
    });
    expect(answer).toMatchObject({ status: 204, body: "" });
    expect(calls.map((call) => call.slice(0, 3))).toEqual([
      ["putTaskConfigs", "a", [{ a: "b", n: "1.50" }]],
    ]);
    await requests.fenceZombies(middle.url, "a", SIGNING);
    expect(calls).toHaveLength(2);
  });

  test("are refused where they are not signed", async () => {
    const { url } = await leader();
    const missing = { status: 400, message: "Internal request missing required signature" };
    await expect(requests.putTaskConfigs(url, "a", twoTasks, undefined)).rejects.toMatchObject(
      missing,
    );
    await expect(requests.fenceZombies(url, "a", undefined)).rejects.toMatchObject(missing);
    const forged = { ...SIGNING, key: Buffer.from("other") };
    await expect(requests.fenceZombies(url, "a", forged)).rejects.toMatchObject({
      status: 403,
      message: "Internal request contained invalid signature.",
    });
  });

  test("are refused with 503 before the leader has a session key", async () => {
    const { url } = await leader({ ...RULES, sessionKey: undefined });
    await expect(requests.fenceZombies(url, "a", SIGNING)).rejects.toMatchObject({ status: 503 });
  });

  test("are not signed in groups of older protocols", async () => {
    const target = await fakeTarget(answering(204));
    await requests.putTaskConfigs(target.url, "a", [{ a: "b" }], undefined);
    const [seen] = target.seen;
    expect([seen?.method, seen?.url, seen?.body.toString()]).toEqual([
      "POST",
      "/connectors/a/tasks",
      `[{"a":"b"}]`,
    ]);
    expect(Object.keys(seen?.headers ?? {}).filter((name) => name.startsWith("x-"))).toEqual([]);
  });

  test.each<[string, RegExp]>([
    [`{"a":"b"}`, /is an object: send a list of task configurations/],
    ["", /is empty/],
    ["null", /is null/],
    ["[[]]", /Entry 0 of the list is a list/],
    [`[{}, "a"]`, /Entry 1 of the list is a text/],
    [`[{"k": {"secret": "hunter2"}}]`, /"k" is an object: it must be a text/],
    [`[{}, {"k": null}]`, /"k" of task 1 is null/],
    ["[{", /not valid JSON/],
  ])("hold task configurations: %s is refused", async (body, message) => {
    const { url, calls } = await fakeWorker();
    const answer = await send(url, "POST", "/connectors/a/tasks", body, {
      "Content-Type": "application/json",
    });
    expect(answer).toMatchObject({
      status: 500,
      body: { message: expect.stringMatching(message) },
    });
    expect(JSON.stringify(answer.body)).not.toContain("hunter2");
    expect(calls).toEqual([]);
  });

  test("hold configurations whose keys may be any text", async () => {
    const { url, calls } = await fakeWorker();
    const body = `[{"__proto__": "p", "constructor": true}]`;
    const answer = await send(url, "POST", "/connectors/__proto__/tasks", body);
    expect(answer.status).toBe(204);
    const [, name, configs] = calls[0]!;
    expect(name).toBe("__proto__");
    expect(Object.entries((configs as object[])[0]!)).toEqual([
      ["__proto__", "p"],
      ["constructor", "true"],
    ]);
  });
});

describe("a worker that is asked over TLS", () => {
  async function secureTarget(): Promise<{ url: string; tls: TlsSettings }> {
    const folder = await mkdtemp(join(tmpdir(), "millrace-rest-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { server, forClients } = await makeCertificates(folder);
    const listener = createServer(
      { cert: server.certificate, key: server.key, ca: forClients.ca, requestCert: true },
      (_, response) => response.writeHead(204).end(),
    );
    await new Promise<void>((resolve) => {
      listener.listen(0, "127.0.0.1", resolve);
    });
    onTestFinished(async () => {
      listener.closeAllConnections();
      await new Promise((resolve) => {
        listener.close(resolve);
      });
    });
    const { client } = forClients;
    return {
      url: `https://127.0.0.1:${(listener.address() as AddressInfo).port}/`,
      tls: { ca: forClients.ca, cert: client.certificate, key: client.key },
    };
  }

  test("is trusted by its certificate only", async () => {
    const { url, tls } = await secureTarget();
    const trusting = new LeaderRequests(new RestClient({ tls: () => tls }));
    await trusting.fenceZombies(url, "a", SIGNING);
    // Without the authority, and without a certificate of its own.
    await expect(requests.fenceZombies(url, "a", SIGNING)).rejects.toMatchObject({ status: 500 });
    const anonymous = new LeaderRequests(new RestClient({ tls: () => ({ ca: tls.ca! }) }));
    await expect(anonymous.fenceZombies(url, "a", SIGNING)).rejects.toMatchObject({ status: 500 });
  });
});

test("a worker that is not healthy answers its health check with 500", async () => {
  const { url } = await fakeWorker();
  expect(await send(url, "GET", "/health")).toMatchObject({
    status: 500,
    body: { status: "unhealthy", message: "It hangs." },
  });
});
