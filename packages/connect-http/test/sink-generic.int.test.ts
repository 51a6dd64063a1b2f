import { startSink } from "@millrace/connect-testkit";
import { expect, test } from "vitest";
import { GenericHttpSinkConnector } from "../src/index.ts";
import { TestServer } from "./http-server.ts";
import { commitUntil, record } from "./sink.ts";

const SECRET = "k3y-0f-the-api";

test("each topic goes to its API, with keys of its own", async () => {
  await using server = await TestServer.start();
  let failures = 2;
  server.react = ({ path }) =>
    path.startsWith("/v1/users") && failures-- > 0 ? { status: 503 } : { status: 200 };
  await using run = await startSink(GenericHttpSinkConnector, {
    topics: "t,users",
    "http.api.base.url": `${server.url}/v1/`,
    "apis.num": "2",
    "api1.topics": "t",
    "api1.http.api.path": "/orders",
    "api1.max.batch.size": "10",
    "api1.batch.json.as.array": "true",
    "api1.http.request.headers": "X-Kind: order|X-Version: 2",
    "api1.http.request.sensitive.headers": `X-Api-Key: ${SECRET}`,
    "api2.topics": "users,others",
    "api2.http.api.path": "users/${key}",
    "api2.http.request.method": "PUT",
    "api2.http.request.parameters": "name=${value.name}&fixed=1",
    "api2.retry.backoff.ms": "1",
  });
  await run.put([
    record(0, "a", { n: 1 }),
    record(0, "u 1", { name: "x&y" }, { topic: "users" }),
    record(1, "b", "text"),
  ]);
  await commitUntil(run, 2);
  const [order] = server.seen.filter(({ path }) => path === "/v1/orders");
  expect(order).toMatchObject({
    method: "POST",
    body: '[{"n":1},"text"]',
    headers: {
      "x-kind": "order",
      "x-version": "2",
      "x-api-key": SECRET,
      "content-type": "application/json",
    },
  });
  const users = server.seen.filter(({ path }) => path.startsWith("/v1/users"));
  expect(users).toHaveLength(3);
  expect(users[2]).toMatchObject({
    method: "PUT",
    path: "/v1/users/u%201?name=x%26y&fixed=1",
    body: '{"name":"x&y"}',
    taken: true,
  });
});

test("a topic of no API fails the task by name", async () => {
  await using server = await TestServer.start();
  await using run = await startSink(GenericHttpSinkConnector, {
    topics: "t,u",
    "http.api.base.url": server.url,
    "api1.topics": "t",
  });
  await expect(run.put([record(0, "a", 1, { topic: "u" })])).rejects.toThrow(
    /its topic u is in no apiN.topics/,
  );
});

test("validation speaks of the keys of each API", () => {
  const values = new GenericHttpSinkConnector().validate({
    topics: "t",
    "http.api.base.url": "http://localhost",
    "apis.num": "2",
    "api1.topics": "t",
    "api1.http.request.headers": "nonsense",
    "api2.topics": "u",
    "api2.http.api.path": "/../x",
    "api2.retry.on.status.codes": "abc",
    "connection.disallow.private.ips": "true",
  });
  const errors = Object.fromEntries(
    values
      .filter((value) => value.errors.length > 0)
      .map(({ name, errors: [first] }) => [name, first]),
  );
  expect(errors).toEqual({
    "api1.http.request.headers": "api1.http.request.headers: each header must be name:value.",
    "api2.http.api.path": "api2.http.api.path: it has . or .. in its path.",
    "api2.retry.on.status.codes": expect.stringMatching(
      /^api2.retry.on.status.codes: abc is neither/,
    ),
    "connection.disallow.private.ips": expect.stringContaining("not supported"),
  });
  const missing = new GenericHttpSinkConnector().validate({
    topics: "t",
    "http.api.base.url": "http://localhost",
    "apis.num": "2",
    "api1.topics": "t",
  });
  expect(missing.find(({ name }) => name === "api2.topics")?.errors[0]).toMatch(/api2.topics/);
});
