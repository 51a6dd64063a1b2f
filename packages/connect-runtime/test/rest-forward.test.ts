import { connect } from "node:net";
import { NotFoundError } from "@millrace/connect-api";
import { describe, expect, test, vi } from "vitest";
import { BadRequestError } from "../src/herder/bad-request.ts";
import { RebalanceNeededError } from "../src/herder/target-errors.ts";
import {
  answering,
  type Call,
  fakeTarget,
  fakeWorker,
  type FakeWorker,
  follower,
  infoOf,
  messageOf,
  sendsTo,
} from "./support/fake-cluster.ts";
import { send } from "./support/send.ts";
import { until } from "./support/until.ts";

// Real sockets, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const CONFIG = { "connector.class": "X", "tasks.max": "2" };
const HOPS = "Cannot complete request because of a conflicting operation (e.g. worker rebalance)";
const NO_LEADER =
  "Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.";
const STALE =
  "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)";

async function pair(): Promise<{ first: FakeWorker; leader: FakeWorker }> {
  const leader = await fakeWorker();
  return { first: await follower(leader.url), leader };
}

const STATUS = { name: "a", connector: { state: "RESTARTING", worker_id: "w" }, tasks: [] };
const CREATED = { created: true, info: infoOf("a"), failure: undefined };
const CHANGED = { ...CREATED, created: false };

describe("a request that belongs to another worker", () => {
  test.each<
    [method: string, path: string, body: unknown, call: Call, result: unknown, status: number]
  >([
    [
      "POST",
      "/connectors",
      { name: "a", config: CONFIG },
      ["createConnector", "a", { ...CONFIG, name: "a" }, "STARTED"],
      CREATED,
      201,
    ],
    [
      "PUT",
      "/connectors/a/config",
      CONFIG,
      ["putConnectorConfig", "a", { ...CONFIG, name: "a" }],
      CREATED,
      201,
    ],
    [
      "PUT",
      "/connectors/a/config",
      CONFIG,
      ["putConnectorConfig", "a", { ...CONFIG, name: "a" }],
      CHANGED,
      200,
    ],
    [
      "PATCH",
      "/connectors/a/config",
      { k: null, n: 1.5 },
      ["patchConnectorConfig", "a", { k: null, n: "1.5" }],
      CHANGED,
      200,
    ],
    ["DELETE", "/connectors/a", undefined, ["deleteConnector", "a"], undefined, 204],
    ["PUT", "/connectors/a/stop", undefined, ["stopConnector", "a"], undefined, 204],
    ["POST", "/connectors/a/restart", undefined, ["restartConnector", "a"], undefined, 204],
    [
      "POST",
      "/connectors/a/restart?includeTasks=TRUE&onlyFailed=x",
      undefined,
      ["restartConnectorAndTasks", "a", { includeTasks: true, onlyFailed: false }],
      STATUS,
      202,
    ],
    [
      "POST",
      "/connectors/a/restart?onlyFailed=true",
      undefined,
      ["restartConnectorAndTasks", "a", { includeTasks: false, onlyFailed: true }],
      STATUS,
      202,
    ],
    ["POST", "/connectors/a/tasks/3/restart", undefined, ["restartTask", "a", 3], undefined, 204],
    [
      "PATCH",
      "/connectors/a/offsets",
      `{"offsets": [{"partition": {"n": 9223372036854775807}, "offset": null}]}`,
      ["alterOffsets", "a", [{ partition: { n: 9223372036854775807n }, offset: null }]],
      "altered",
      200,
    ],
    ["DELETE", "/connectors/a/offsets", undefined, ["resetOffsets", "a"], "reset", 200],
  ])(
    "%s %s is done there, and answered alike",
    async (method, path, body, call, result, status) => {
      const { first, leader } = await pair();
      leader.answer = () => result;
      const forwarded = await send(first.url, method, path, body);
      expect(forwarded.status).toBe(status);
      expect(leader.calls).toEqual([call]);
      expect(first.calls).toEqual([call]);
      const direct = await send(leader.url, method, path, body);
      const comparable = ({ headers, ...rest }: typeof direct) => ({
        ...rest,
        type: headers["content-type"],
      });
      expect(comparable(forwarded)).toEqual(comparable(direct));
    },
  );

  test.each<[unknown, number, string]>([
    [new NotFoundError("Connector a not found"), 404, "Connector a not found"],
    [new BadRequestError("is invalid:\nfirst\nsecond"), 400, "is invalid:\nfirst\nsecond"],
    [new Error("Failed to start connector: a"), 500, "Failed to start connector: a"],
    [new RebalanceNeededError(), 409, STALE],
  ])("fails as it fails there: %s", async (error, status, message) => {
    const { first, leader } = await pair();
    leader.answer = () => {
      throw error;
    };
    const answer = await send(first.url, "PUT", "/connectors/a/stop");
    expect(answer.body).toEqual({ error_code: status, message });
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/json");
  });

  test("is told the new connector's address as the client knows it", async () => {
    const { first, leader } = await pair();
    leader.answer = () => ({ ...CREATED, info: infoOf("a b") });
    const { port } = new URL(first.url);
    const made = await send(first.url, "POST", "/connectors", { name: "a b", config: CONFIG });
    expect(made.headers["location"]).toBe(`http://127.0.0.1:${port}/connectors/a%20b`);
    leader.answer = () => ({ ...CHANGED, info: infoOf("a b") });
    const changed = await send(first.url, "PUT", "/connectors/a%20b/config", CONFIG);
    expect(changed.headers["location"]).toBeUndefined();
  });

  test.each(["a b", "ä", "a+b", "a?b", "a#b", "a;b", "a&b=c", "日本", "..a", "a:b@c"])(
    "arrives for connector %j",
    async (name) => {
      const { first, leader } = await pair();
      const answer = await send(first.url, "PUT", `/connectors/${encodeURIComponent(name)}/stop`);
      expect(answer.status).toBe(204);
      expect(leader.calls).toEqual([["stopConnector", name]]);
    },
  );

  test.each(["%", "a/b", " 100% ä/+ "])("creates connector %j", async (name) => {
    const { first, leader } = await pair();
    leader.answer = () => CREATED;
    const made = await send(first.url, "POST", "/connectors", { name, config: CONFIG });
    expect(made.status).toBe(201);
    expect(leader.calls[0]?.[1]).toBe(name.trim());
  });

  test("is sent as it came, with nothing of the client's but its authorization", async () => {
    const target = await fakeTarget(answering(200, JSON.stringify(infoOf("a"))));
    const first = await follower(target.url);
    const body = `{ "k":  1.50, "é": "\\u00e9" }`;
    const answer = await send(
      first.url,
      "PUT",
      "/connectors/%61%C3%A4+b/config?x=y&forward=true",
      body,
      {
        Authorization: "Basic dXNlcjpwYXNz",
        Cookie: "a=b",
        Host: "elsewhere.example",
        "X-Forwarded-For": "10.0.0.1",
        "X-Connect-Authorization": "AAAA",
        "Content-Type": "application/json; charset=utf-8",
      },
    );
    expect(answer.status).toBe(200);
    expect(target.seen).toEqual([
      {
        method: "PUT",
        url: "/connectors/%61%C3%A4+b/config?forward=false",
        body: Buffer.from(body),
        headers: {
          accept: "application/json",
          authorization: "Basic dXNlcjpwYXNz",
          connection: "close",
          "content-length": String(Buffer.byteLength(body)),
          "content-type": "application/json",
          host: new URL(target.url).host,
          "user-agent": "kafka-connect",
        },
      },
    ]);
  });

  test("without a body is sent without, and only with the parameters that mean something", async () => {
    const target = await fakeTarget(answering(204));
    const first = await follower(target.url);
    const path = "/connectors/a/restart?includeTasks=1%0d%0aEvil:%20x&onlyFailed=True&expand=x";
    expect((await send(first.url, "POST", path)).status).toBe(204);
    const [seen] = target.seen;
    expect(seen?.url).toBe("/connectors/a/restart?forward=true&includeTasks=false&onlyFailed=true");
    expect(seen?.body).toHaveLength(0);
    expect(seen?.headers).not.toHaveProperty("content-type");
    expect(seen?.headers).not.toHaveProperty("evil");
  });

  test("that is too large is refused before", async () => {
    const { first, leader } = await pair();
    const config = { ...CONFIG, large: "x".repeat(9 * 1024 * 1024) };
    const answer = await send(first.url, "PUT", "/connectors/a/config", config);
    expect(answer.status).toBe(413);
    expect(leader.calls).toEqual([]);
  });

  test("goes nowhere a client names", async () => {
    const { first } = await pair();
    const evil = await fakeTarget(answering(204));
    for (const path of [
      `${evil.url}connectors/a/stop`,
      `@${new URL(evil.url).host}/connectors/a/stop`,
    ]) {
      expect((await send(first.url, "PUT", path)).status).toBeGreaterThanOrEqual(400);
    }
    expect(evil.seen).toEqual([]);
  });

  test("ends when the client gives up", async () => {
    let closed = false;
    const target = await fakeTarget((response) => response.on("close", () => (closed = true)));
    const first = await follower(target.url);
    const { hostname, port } = new URL(first.url);
    const client = connect(Number(port), hostname);
    client.write("PUT /connectors/a/stop HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    await until("the request arrives", () => target.seen.length === 1);
    expect(closed).toBe(false);
    client.destroy();
    await until("the target is left alone", () => closed);
  });
});

describe("hops between workers", () => {
  test("are two at most", async () => {
    const third = await follower("http://127.0.0.1:1/");
    const second = await follower(third.url);
    const first = await follower(second.url);
    const answer = await send(first.url, "PUT", "/connectors/a/stop");
    expect(answer).toMatchObject({ status: 409, body: { error_code: 409, message: HOPS } });
    expect([first, second, third].map(({ calls }) => calls.length)).toEqual([1, 1, 1]);
    third.answer = () => undefined;
    expect((await send(first.url, "PUT", "/connectors/a/stop")).status).toBe(204);
  });

  test("end where two workers take each other for the leader", async () => {
    const first = await fakeWorker();
    const second = await follower(first.url);
    first.answer = sendsTo(second.url);
    const answer = await send(first.url, "DELETE", "/connectors/a");
    expect([answer.status, messageOf(answer)]).toEqual([409, HOPS]);
    expect([first.calls.length, second.calls.length]).toEqual([2, 1]);
  });

  test.each<[forward: string, statuses: [leader: number, follower: number]]>([
    ["forward=false", [204, 409]],
    ["forward=zzz", [204, 409]],
    ["forward=", [204, 409]],
    ["forward=true", [204, 204]],
    ["forward=TRUE", [204, 204]],
  ])("with %s are allowed as the recorded workers allow them", async (query, statuses) => {
    const { first, leader } = await pair();
    const path = `/connectors/a/restart?${query}`;
    const answers = [await send(leader.url, "POST", path), await send(first.url, "POST", path)];
    expect(answers.map(({ status }) => status)).toEqual(statuses);
    const [, refused] = answers.map(messageOf);
    expect(refused).toBe(statuses[1] === 409 ? HOPS : undefined);
  });

  test("are not made where nobody knows the leader", async () => {
    const first = await follower(undefined);
    const answer = await send(first.url, "POST", "/connectors/a/tasks/0/restart");
    expect(answer.body).toEqual({ error_code: 409, message: NO_LEADER });
    const last = await send(first.url, "POST", "/connectors/a/tasks/0/restart?forward=false");
    expect(last.body).toEqual({ error_code: 409, message: HOPS });
  });

  test("are not made while a rebalance is due, which a look at a connector is told otherwise", async () => {
    const worker = await fakeWorker();
    worker.answer = () => {
      throw new RebalanceNeededError();
    };
    const changes = await send(worker.url, "POST", "/connectors/a/restart?includeTasks=true");
    expect(changes.body).toEqual({ error_code: 409, message: STALE });
    const message = "Request cannot be completed because a rebalance is expected";
    for (const path of ["/connectors/a", "/connectors/a/config", "/connectors/a/tasks"]) {
      expect((await send(worker.url, "GET", path)).body).toEqual({ error_code: 500, message });
    }
  });

  test("are not made for what every worker may do", async () => {
    const first = await fakeWorker();
    await send(first.url, "PUT", "/connectors/a/pause");
    await send(first.url, "PUT", "/connectors/a/resume");
    const level = { level: "debug" };
    expect((await send(first.url, "PUT", "/admin/loggers/a.b?scope=Cluster", level)).status).toBe(
      204,
    );
    expect((await send(first.url, "PUT", "/admin/loggers/a.b", level)).body).toEqual(["a.b"]);
    expect(first.calls).toEqual([
      ["pauseConnector", "a"],
      ["resumeConnector", "a"],
      ["setClusterLogLevel", "a.b", "DEBUG"],
    ]);
  });
});
