import { connect } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { RestClient } from "../src/rest/rest-client.ts";
import { fakeWorker, infoOf } from "./support/fake-cluster.ts";
import { send } from "./support/send.ts";
import { until } from "./support/until.ts";

// Real sockets, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** A worker whose creations wait until they are let go. */
async function slowWorker(capacity?: { atOnce: number; patienceMs: number }) {
  const worker = await fakeWorker(new RestClient(), { capacity });
  const waiting: (() => void)[] = [];
  worker.answer = (method, name) => {
    if (method === "connectors") return [];
    return new Promise((resolve) =>
      waiting.push(() =>
        resolve({ created: true, info: infoOf(String(name)), failure: undefined }),
      ),
    );
  };
  const create = (name: string) => send(worker.url, "POST", "/connectors", { name, config: {} });
  return { worker, waiting, create };
}

test("hundreds of creations at once wait for their turn, and none is refused", async () => {
  const { worker, waiting, create } = await slowWorker();
  const made = Array.from({ length: 400 }, (_, i) => create(`c${i}`));
  await until("the first are worked on", () => waiting.length >= 100);
  // What is cheap is answered meanwhile.
  expect((await send(worker.url, "GET", "/connectors")).status).toBe(200);
  expect(waiting).toHaveLength(100);
  const letting = setInterval(() => waiting.splice(0).forEach((go) => go()), 5);
  onTestFinished(() => clearInterval(letting));
  const statuses = (await Promise.all(made)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([201]));
  expect(worker.calls.filter(([method]) => method === "createConnector")).toHaveLength(400);
});

test("who has waited for too long is told when to ask again", async () => {
  const { worker, waiting, create } = await slowWorker({ atOnce: 2, patienceMs: 100 });
  const first = [create("a"), create("b")];
  await until("both are worked on", () => waiting.length === 2);
  const late = await fetch(`${worker.url}connectors`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
  });
  expect([late.status, late.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await late.json()).toEqual({
    error_code: 503,
    message: "The worker is busy with 2 requests of this kind. Ask again in 5 seconds",
  });
  waiting.splice(0).forEach((go) => go());
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([201, 201]);
});

test("who goes away gives up their place in the line, but no work that has begun", async () => {
  const { worker, waiting, create } = await slowWorker({ atOnce: 1, patienceMs: 30_000 });
  const { hostname, port } = new URL(worker.url);
  const impatient = (name: string) => {
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    const body = JSON.stringify({ name, config: {} });
    socket.write(
      `POST /connectors HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    return socket;
  };
  const working = impatient("working");
  await until("it is worked on", () => waiting.length === 1);
  const inLine = impatient("in-line");
  const last = create("last");
  inLine.destroy();
  working.destroy();
  // The first is still worked on, so nobody else is.
  expect((await send(worker.url, "GET", "/connectors")).status).toBe(200);
  expect(waiting).toHaveLength(1);
  waiting.pop()!();
  await until("the last has its turn", () => waiting.length === 1);
  waiting.pop()!();
  expect((await last).status).toBe(201);
  expect(worker.calls.filter(([method]) => method === "createConnector")).toHaveLength(2);
});
