import { connect } from "node:net";
import type {
  ConnectClusterState,
  ConnectRestExtension,
  ConnectRestExtensionContext,
  RestRequest,
} from "@millrace/connect-api";
import { expect, onTestFinished, test, vi } from "vitest";
import { RestExtensions } from "../src/rest/extensions/rest-extensions.ts";
import { RestClient } from "../src/rest/rest-client.ts";
import { type FakeWorker, fakeWorker, infoOf } from "./support/fake-cluster.ts";
import { recordingLogger } from "./support/recording-logger.ts";
import { send } from "./support/send.ts";
import { until } from "./support/until.ts";

// Real sockets, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

interface Extended extends FakeWorker {
  readonly clusterState: ConnectClusterState;
  readonly audit: ReturnType<typeof recordingLogger>;
}

type Register = (context: ConnectRestExtensionContext) => void;

/** A worker with these extensions, by what they register. */
async function extended(...registers: Register[]): Promise<Extended> {
  const audit = recordingLogger();
  let clusterState!: ConnectClusterState;
  const worker = await fakeWorker(new RestClient(), {
    audit,
    loadExtensions: async (state) => {
      clusterState = state;
      const extensions = new RestExtensions();
      for (const [i, register] of registers.entries()) {
        const extension: ConnectRestExtension = {
          config: () => ({}),
          configure: () => undefined,
          register,
        };
        await extensions.open(`x.Extension${i}`, extension, state, recordingLogger());
      }
      return extensions;
    },
  });
  return Object.assign(worker, { clusterState, audit });
}

const DENIED = { status: 403, body: "no" };

test("filters see what is answered, in their order, until one answers", async () => {
  const seen: string[] = [];
  const look = (name: string) => (request: RestRequest) => {
    seen.push(`${name} ${request.method} ${request.route} ${request.connector} ${request.user}`);
    return undefined;
  };
  const worker = await extended(
    ({ filter }) => {
      filter(look("late"), { afterBody: true });
      filter(() => ({ user: "fred" }));
    },
    ({ filter }) => {
      filter(look("early"));
      filter(({ connector }) => (connector === "a b" ? DENIED : undefined));
    },
  );
  const config = { name: "new", config: { "connector.class": "X" } };
  await send(worker.url, "POST", "/connectors", config);
  await send(worker.url, "GET", "/connectors/x%61/status?forward=true");
  expect((await send(worker.url, "PUT", "/connectors/a%20b/pause")).body).toBe("no");
  expect((await send(worker.url, "OPTIONS", "/connectors/c")).status).toBe(200);
  expect(seen).toEqual([
    "early POST /connectors undefined fred",
    "late POST /connectors new fred",
    "early GET /connectors/:name/status xa fred",
    "late GET /connectors/:name/status xa fred",
    "early PUT /connectors/:name/pause a b fred",
    "early OPTIONS /connectors/:name c fred",
    "late OPTIONS /connectors/:name c fred",
  ]);
});

test("what nothing answers is told without asking a filter, as by Java", async () => {
  const worker = await extended(({ filter }) => filter(() => DENIED));
  for (const [method, path, status] of [
    ["GET", "/nope", 404],
    ["DELETE", "/connectors", 405],
    ["GET", "/connectors//a", 400],
    ["GET", "/health", 403],
    ["GET", "/admin/loggers", 403],
    ["HEAD", "/connectors", 403],
    ["GET", "/connectors/", 403],
  ] as const) {
    expect([path, (await send(worker.url, method, path)).status]).toEqual([path, status]);
  }
  expect(worker.calls).toEqual([]);
});

test("a body is not waited for before a filter has let its sender in", async () => {
  const { url } = await extended(({ filter }) => filter(() => DENIED));
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let received = "";
  socket.on("data", (data) => (received += data.toString()));
  socket.write(
    "POST /connectors HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n{",
  );
  await until("it is answered", () => received.includes("no"));
  expect(received).toMatch(/^HTTP\/1\.1 403 /);
});

test("an error of a filter lets nobody in", async () => {
  const worker = await extended(({ filter }) =>
    filter(() => {
      throw new Error("the directory is away");
    }),
  );
  expect(await send(worker.url, "GET", "/connectors")).toMatchObject({
    status: 500,
    headers: { "content-type": "application/json" },
    body: { error_code: 500, message: "the directory is away" },
  });
  expect(worker.calls).toEqual([]);
});

test("lists show what all extensions let them", async () => {
  const worker = await extended(
    ({ showConnectors }) => showConnectors((_, connector) => connector !== "a"),
    ({ showConnectors, filter }) => {
      filter(() => ({ user: "bob" }));
      showConnectors(({ user }, connector) => user === "bob" && connector !== "b");
    },
  );
  worker.answer = (method) => (method === "connectors" ? ["a", "b", "c"] : { name: "c" });
  expect((await send(worker.url, "GET", "/connectors")).body).toEqual(["c"]);
  const expanded = await send(worker.url, "GET", "/connectors?expand=info&expand=status");
  expect(Object.keys(expanded.body as object)).toEqual(["c"]);
  expect(worker.calls.filter(([method]) => method !== "connectors")).toEqual([
    ["connectorStatus", "c"],
    ["connectorInfo", "c"],
  ]);
  expect((await send(worker.url, "GET", "/millrace/health")).body).toEqual({
    connectors: [{ name: "c" }],
  });
  for (const connector of ["a", "b", "c"]) {
    worker.events.add({ type: "tasks", connector, count: 1 });
  }
  const { body } = await send(worker.url, "GET", "/millrace/events");
  expect((body as { events: object[] }).events).toEqual([
    expect.objectContaining({ connector: "c" }),
  ]);
});

const SECRETS = {
  "connector.class": "X",
  "connection.url": "jdbc:a",
  "connection.pin": "1234",
  "db.password": "hunter2",
  "api.key": "${file:/etc/secrets:key}",
};

test("secrets are hidden from whom an extension says, in all that shows configurations", async () => {
  const worker = await extended(({ hideSecrets }) =>
    hideSecrets(({ headers }, connector) => headers["x-user"] !== "root" && connector === "a"),
  );
  worker.answer = (method, name) =>
    ({
      connectors: ["a", "b"],
      connectorInfo: { ...infoOf(String(name)), config: SECRETS },
      tasks: [{ id: { connector: "a", task: 0 }, config: { ...SECRETS, table: "t" } }],
      pluginConfig: [
        { name: "connection.url", type: "STRING" },
        { name: "connection.pin", type: "PASSWORD" },
      ],
    })[method as string];
  const body = async (path: string, headers = {}) =>
    (await send(worker.url, "GET", path, undefined, headers)).body as never;
  const hidden = { ...SECRETS, "connection.pin": "[hidden]", "db.password": "[hidden]" };
  expect(await body("/connectors/a/config")).toEqual(hidden);
  expect(await body("/connectors/a")).toMatchObject({ config: hidden });
  expect(await body("/connectors/a/tasks")).toMatchObject([{ config: { ...hidden, table: "t" } }]);
  expect(await body("/connectors?expand=info")).toMatchObject({
    a: { info: { config: hidden } },
    b: { info: { config: SECRETS } },
  });
  expect(await body("/connectors/a/config", { "X-User": "root" })).toEqual(SECRETS);
});

test("of a connector whose plugin is not there hardly anything is shown", async () => {
  const worker = await extended(({ hideSecrets }) => hideSecrets(() => true));
  worker.answer = (method) => {
    if (method === "connectorInfo") return { ...infoOf("a"), config: SECRETS };
    throw new Error("no such plugin");
  };
  const { body } = await send(worker.url, "GET", "/connectors/a/config");
  const shown = Object.entries(body as object).filter(([, value]) => value !== "[hidden]");
  expect(shown.map(([key]) => key)).toEqual(["connector.class", "api.key"]);
});

test("routes of their own answer bodies of any type, and pass the filters", async () => {
  const { url } = await extended(({ filter, route }) => {
    filter(({ query }) => (query["in"] === "no" ? DENIED : undefined));
    route("post", "/acme/echo", ({ body, route: at }) => ({
      status: 201,
      headers: { "Content-Type": "text/plain", "X-At": at },
      body: body ?? "nothing",
    }));
    route("GET", "/acme/files/*", ({ path }) => ({ status: 200, body: JSON.stringify({ path }) }));
  });
  const text = { "Content-Type": "text/csv" };
  const posted = await send(url, "POST", "/acme/echo", "a;b", text);
  expect(posted).toMatchObject({ status: 201, headers: { "content-type": "text/plain" } });
  expect(posted.body).toBe("a;b");
  expect(await send(url, "GET", "/acme/files/x/y?z")).toMatchObject({
    status: 200,
    headers: { "content-type": "application/json" },
    body: { path: "/acme/files/x/y" },
  });
  expect((await send(url, "GET", "/acme/files/x?in=yes&in=no")).status).toBe(403);
  expect((await send(url, "GET", "/acme")).status).toBe(404);
  expect((await send(url, "POST", "/connectors", "a;b", text)).status).toBe(415);
});

test.each(["/", "/connectors", "/connectors/mine", "/admin/x", "/millrace/x"])(
  "a route %s would stand in for the worker's own, and is refused at start",
  async (path) => {
    const register: Register = ({ route }) => route("GET", path, () => ({ status: 200 }));
    await expect(extended(register)).rejects.toThrow(/is the worker's own/);
  },
);

test("two extensions cannot answer the same", async () => {
  const register: Register = ({ route }) => route("GET", "/acme", () => ({ status: 200 }));
  await expect(extended(register, register)).rejects.toThrow(
    /x\.Extension1: another REST extension answers GET \/acme already/,
  );
});

test("what was opened is closed, the newest first, also where one refused to open", async () => {
  const calls: string[] = [];
  const extensions = new RestExtensions();
  const open = (name: string, register: Register = () => undefined) =>
    extensions.open(
      name,
      {
        config: () => ({}),
        configure: () => undefined,
        register,
        close: () => void calls.push(name),
      },
      {} as ConnectClusterState,
      recordingLogger(),
    );
  await open("first");
  const refusal = open("second", () => {
    throw new Error("no");
  });
  await expect(refusal).rejects.toThrow("no");
  await extensions[Symbol.asyncDispose]();
  await extensions[Symbol.asyncDispose]();
  expect(calls).toEqual(["second", "first"]);
});

test("they may ask about the cluster", async () => {
  const worker = await extended();
  worker.answer = (method) =>
    method === "connectorStatus"
      ? {
          name: "a",
          type: "sink",
          connector: { state: "RUNNING", worker_id: "w:1" },
          tasks: [{ id: 0, state: "FAILED", worker_id: "w:2", trace: "why" }],
        }
      : method === "connectors"
        ? ["a"]
        : { config: { k: "v" } };
  const { clusterState } = worker;
  expect(clusterState.clusterDetails()).toEqual({ kafkaClusterId: "cluster" });
  expect(await clusterState.connectors()).toEqual(["a"]);
  expect(await clusterState.connectorConfig("a")).toEqual({ k: "v" });
  expect(await clusterState.connectorHealth("a")).toEqual({
    name: "a",
    type: "sink",
    connector: { state: "RUNNING", workerId: "w:1" },
    tasks: [{ id: 0, state: "FAILED", workerId: "w:2", trace: "why" }],
  });
});

test("changes are written down: who, what, from where, and what became of it", async () => {
  const worker = await extended(({ filter }) => {
    filter(({ headers }) =>
      headers["x-user"] === undefined ? undefined : { user: headers["x-user"] },
    );
    filter(({ connector }) => (connector === "locked" ? DENIED : undefined));
  });
  worker.answer = () => ({ created: true, info: { name: "a", config: {} } });
  const config = { name: "a", config: { "connector.class": "X", "db.password": "hunter2" } };
  const fred = { "X-User": "fred" };
  await send(worker.url, "POST", "/connectors?k=hunter2", config, fred);
  await send(worker.url, "PUT", "/connectors/a%0ab/pause");
  await send(worker.url, "DELETE", "/connectors/locked?forward=true", undefined, fred);
  await send(worker.url, "PUT", "/admin/loggers/root", { level: "DEBUG" }, fred);
  // Neither looks nor questions, nor what workers ask each other.
  await send(worker.url, "GET", "/connectors");
  await send(worker.url, "PUT", "/connector-plugins/X/config/validate", config.config);
  await send(worker.url, "POST", "/connectors/a/tasks", []);
  await send(worker.url, "DELETE", "/nope");
  await until("all are written", () => worker.audit.lines.length === 4);
  expect(worker.audit.lines).toEqual([
    `info POST /connectors ("a") by "fred" from 127.0.0.1: 201`,
    "info PUT /connectors/a%0ab/pause by an unknown user from 127.0.0.1: 400",
    `info DELETE /connectors/locked by "fred" from 127.0.0.1, sent on by a worker: 403`,
    `info PUT /admin/loggers/root by "fred" from 127.0.0.1: 200`,
  ]);
  expect(JSON.stringify([worker.audit.lines, worker.log])).not.toContain("hunter2");
});
