import { connect, type Socket } from "node:net";
import { onTestFinished, expect, test, vi } from "vitest";
import { RestClient } from "../src/rest/rest-client.ts";
import { fakeWorker } from "./support/fake-cluster.ts";
import { send } from "./support/send.ts";
import { until } from "./support/until.ts";

// Real sockets, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const IMPATIENT = { headersMs: 300, requestMs: 600, idleMs: 600, checkMs: 50 };

const worker = () => fakeWorker(new RestClient(), { patience: IMPATIENT });

class SlowClient {
  readonly socket: Socket;
  received = "";
  closed = false;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect(Number(port), hostname);
    // What it sends after it was cut off is reset.
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => (this.closed = true));
    onTestFinished(() => void this.socket.destroy());
  }

  listen(): void {
    this.socket.on("data", (data) => (this.received += data.toString("latin1")));
  }

  /** Sends a byte now and then, for as long as anybody takes it. */
  drip(text: string): void {
    const timer = setInterval(() => this.socket.write(text), 50);
    this.socket.on("close", () => clearInterval(timer));
    onTestFinished(() => clearInterval(timer));
  }
}

test.each([
  ["says nothing", "", undefined],
  ["sends headers by drips", "GET / HTTP/1.1\r\nHost: a\r\n", "X-A: b\r\n"],
  [
    "sends a body by drips",
    "POST /connectors HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
    " ",
  ],
])("a client that %s is cut off, while others are served", async (_, beginning, drip) => {
  const { url, calls } = await worker();
  const clients = Array.from({ length: 50 }, () => new SlowClient(url));
  for (const client of clients) {
    client.listen();
    client.socket.write(beginning);
    if (drip !== undefined) client.drip(drip);
  }
  expect((await send(url, "GET", "/")).status).toBe(200);
  await until("all are cut off", () => clients.every(({ closed }) => closed));
  for (const { received } of clients) expect(received).toMatch(/^HTTP\/1\.1 408 |^$/);
  expect(calls).toEqual([]);
});

test("a client that does not read its answer is cut off", async () => {
  const running = await worker();
  const names = Array.from({ length: 1000 }, (_, i) => `${i}-${"n".repeat(40_000)}`);
  running.answer = () => names;
  const client = new SlowClient(running.url);
  client.socket.write("GET /connectors HTTP/1.1\r\nHost: a\r\n\r\n");
  await until("it is asked for", () => running.calls.length > 0);
  // Nothing of it moves for longer than the server waits; then the client begins to read.
  await new Promise((resolve) => setTimeout(resolve, IMPATIENT.idleMs * 4));
  client.listen();
  await until("it is cut off", () => client.closed);
  expect(client.received.length).toBeLessThan(names.length * 40_000);
  expect((await fetch(`${running.url}connectors`).then((a) => a.text())).length).toBeGreaterThan(
    names.length * 40_000,
  );
});

test("a work that takes longer than all that is waited for", async () => {
  const running = await worker();
  running.answer = () =>
    new Promise((resolve) => setTimeout(() => resolve([]), IMPATIENT.requestMs * 3));
  expect(await send(running.url, "GET", "/connectors")).toMatchObject({ status: 200, body: [] });
});

test("headers without end are refused", async () => {
  const { url } = await worker();
  const client = new SlowClient(url);
  client.listen();
  client.socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX-A: ${"b".repeat(100_000)}\r\n\r\n`);
  await until("it is answered", () => client.closed);
  expect(client.received).toMatch(/^HTTP\/1\.1 431 [^]*"error_code":431/);
});
