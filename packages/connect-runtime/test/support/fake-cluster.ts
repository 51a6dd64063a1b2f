import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { parseWorkerConfig } from "../../src/config/worker-config.ts";
import { Events } from "../../src/feed/events.ts";
import type { ConnectorInfo, Herder } from "../../src/herder/herder.ts";
import { RequestTargetError } from "../../src/herder/target-errors.ts";
import { Logging } from "../../src/logging.ts";
import { PluginRegistry } from "../../src/plugins/registry.ts";
import { RestClient } from "../../src/rest/rest-client.ts";
import { type ListenOptions, RestServer } from "../../src/rest/server.ts";
import type { LogEntry } from "../../src/task/logger.ts";

export type Method = keyof Herder;
export type Call = readonly [method: Method, ...args: unknown[]];

export interface FakeWorker {
  /** With a slash at the end, as workers tell it each other. */
  readonly url: string;
  /** What REST has asked the herder. */
  readonly calls: Call[];
  readonly log: LogEntry[];
  readonly events: Events;
  /** What the herder answers; returned or thrown. */
  answer: (...call: Call) => unknown;
}

/** A worker's REST API as it is, over a herder that answers as it is told. Ends with the test. */
export async function fakeWorker(
  client = new RestClient(),
  options?: ListenOptions,
): Promise<FakeWorker> {
  const log: LogEntry[] = [];
  const logging = new Logging((entry) => log.push(entry));
  const config = parseWorkerConfig({
    "bootstrap.servers": "127.0.0.1:1",
    "key.converter": "org.apache.kafka.connect.json.JsonConverter",
    "value.converter": "org.apache.kafka.connect.json.JsonConverter",
    listeners: "http://127.0.0.1:0",
  });
  const server = await RestServer.listen(config, logging.logger("rest"), options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const { host, port } = server.advertised;
  const worker: FakeWorker = {
    url: `http://${host}:${port}/`,
    calls: [],
    log,
    events: new Events(),
    answer: () => undefined,
  };
  const herder = new Proxy({} as Herder, {
    get:
      (_, method: Method) =>
      async (...args: unknown[]) => {
        worker.calls.push([method, ...args]);
        return worker.answer(method, ...args);
      },
  });
  server.serve({
    herder,
    registry: new PluginRegistry([]),
    logging,
    metrics: { text: () => "" },
    logger: logging.logger("rest"),
    client,
    events: worker.events,
    server: { version: "4.3.1", commit: "26b251a451ce941d", kafkaClusterId: "cluster" },
    topicTracking: { enabled: true, resettable: true },
    health: async () => ({ status: "unhealthy", message: "It hangs." }),
  });
  return worker;
}

/** The herder knows that requests belong to the worker at this URL. */
export function sendsTo(url: string | undefined) {
  return (): never => {
    throw new RequestTargetError("Only the leader can do this.", url);
  };
}

/** A worker to which nothing belongs. */
export async function follower(url: string | undefined, client?: RestClient): Promise<FakeWorker> {
  const worker = await fakeWorker(client);
  worker.answer = sendsTo(url);
  return worker;
}

/** The message of an error. */
export function messageOf({ body }: { readonly body: unknown }): unknown {
  return (body as { message?: unknown }).message;
}

export function infoOf(name: string): ConnectorInfo {
  return { name, config: { name, "connector.class": "X" }, tasks: [], type: "source" };
}

export interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

export interface Target {
  readonly url: string;
  readonly seen: Seen[];
}

/** A server in the place of another worker, which shows what arrives. Ends with the test. */
export async function fakeTarget(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<Target> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      seen.push({ method, url, headers, body: Buffer.concat(chunks) });
      answer(response, request);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen };
}

export function answering(status: number, body = "", headers: Record<string, string> = {}) {
  return (response: ServerResponse) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(body);
  };
}
