import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { fastify } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../../test/support/until.ts";
import { Feed } from "../feed/feed.ts";
import { type EventStreamLimits, EventStreams } from "./event-stream.ts";

async function serve(limits: Partial<EventStreamLimits>) {
  const feed = new Feed<string>(10);
  const streams = new EventStreams(limits);
  const app = fastify({ forceCloseConnections: true });
  app.get("/", async (request, reply) =>
    streams.answer(request, reply, {
      feed,
      isWanted: (item) => item !== "secret",
      typeOf: () => "word",
      fromBeginning: false,
    }),
  );
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  return { feed, streams, port: (app.server.address() as AddressInfo).port };
}

/** A client of its own, for it is to read only when it is told to. */
async function client(port: number, header = ""): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => undefined);
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${header}\r\n`);
  return { socket, text: () => text };
}

test("tells of what happens in the form of server-sent events, and leaves out what is not wanted", async () => {
  const { feed, port } = await serve({});
  const { text } = await client(port);
  await until("the stream begins", () => text().includes("retry: "));
  for (const word of ["one", "secret", "two"]) feed.append(word);
  await until("both have come", () => text().includes("two"));
  expect(text()).toMatch(/content-type: text\/event-stream/);
  expect(text()).toMatch(/id: \w+-1\nevent: word\ndata: "one"\n\n/);
  expect(text()).toMatch(/id: \w+-3\nevent: word\ndata: "two"\n\n/);
  expect(text()).not.toContain("secret");
});

test("goes on behind the last event, and says where it cannot", async () => {
  const { feed, port } = await serve({});
  for (const word of ["one", "two", "three"]) feed.append(word);
  const id = feed.after().items[0]!.id;
  const known = await client(port, `Last-Event-ID: ${id}\r\n`);
  await until("it goes on", () => known.text().includes("three"));
  expect(known.text()).toContain(`data: "two"`);
  expect(known.text()).not.toContain(`data: "one"`);
  expect(known.text()).not.toContain("event: reset");
  const unknown = await client(port, "Last-Event-ID: nobodys-7\r\n");
  await until("it begins anew", () => unknown.text().includes("three"));
  expect(unknown.text()).toMatch(/event: reset\ndata: \{"reason":/);
});

test("shows that it is there while nothing happens", async () => {
  const { port } = await serve({ heartbeatMs: 10 });
  const { text } = await client(port);
  await until("comments come", () => text().split("\n:\n\n").length > 2);
  expect(text()).not.toContain("data: ");
});

test("cuts off who does not read, and nobody else", async () => {
  const { feed, port } = await serve({ bufferedBytes: 50_000 });
  const slow = await client(port);
  const other = await client(port);
  await until("both streams begin", () => [slow, other].every((c) => c.text().includes("retry")));
  slow.socket.pause();
  const closed = once(slow.socket, "close");
  const word = "x".repeat(20_000);
  let sent = 0;
  // As much as the buffers of both ends hold, and more, at the pace of who reads.
  while (feed.listeners === 2) {
    feed.append(word);
    sent++;
    await until("the other reads", () => other.text().length > sent * word.length);
  }
  expect(sent).toBeGreaterThan(2);
  feed.append("still there");
  await until("the other has it all", () => other.text().includes("still there"));
  slow.socket.resume();
  await closed;
  expect(slow.text()).not.toContain("still there");
});

test("takes so many clients and no more, until one leaves", async () => {
  const { port } = await serve({ clients: 1 });
  const first = await client(port);
  await until("the first is in", () => first.text().includes("retry"));
  const second = await client(port);
  await until("the second is refused", () => second.text().includes("1 clients follow"));
  expect(second.text()).toContain(" 503 ");
  first.socket.destroy();
  await until("another is let in", async () => {
    const again = await client(port);
    await until("there is an answer", () => /retry: |follow/.test(again.text()));
    return again.text().includes("retry: ");
  });
});

test("ends when it is closed, as the server's answers do", async () => {
  const { streams, port } = await serve({});
  const { text } = await client(port);
  await until("the stream begins", () => text().includes("retry: "));
  streams.close();
  // The last chunk of an answer that is whole.
  await until("it is over", () => text().endsWith("0\r\n\r\n"));
  expect(text()).not.toContain("event: ");
});
