import { get } from "node:http";
import { expect, onTestFinished, test, vi } from "vitest";
import { unitContext } from "../src/task/logger.ts";
import { undocumented } from "./support/documented.ts";
import { send } from "./support/send.ts";
import { until } from "./support/until.ts";
import { startWorker, type WorkerUnderTest } from "./support/worker-under-test.ts";

// Real sockets and threads, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const SOURCE = { "connector.class": "FileStreamSource", file: "/in.txt", topic: "t" };

interface Event {
  readonly type: string;
  readonly connector?: string;
  readonly task?: number;
  readonly state?: string;
}

async function kept(worker: WorkerUnderTest, path: string): Promise<Event[]> {
  const answer = await send(worker.url, "GET", path);
  expect(undocumented("GET", path, answer)).toBe("");
  return (answer.body as { events: Event[] }).events;
}

/** What a client that follows has been told so far. */
function follow(url: string, path: string, headers: Record<string, string> = {}) {
  const told = { text: "", ended: false };
  const request = get(url + path, { headers, agent: false }, (response) => {
    response.on("data", (chunk: Buffer) => (told.text += chunk.toString()));
    response.on("end", () => (told.ended = true));
  });
  request.on("error", () => undefined);
  onTestFinished(() => void request.destroy());
  return told;
}

const short = ({ type, connector, task, state }: Event) =>
  [type, connector, task, state].filter((part) => part !== undefined).join(" ");

test("a connector's life is told, and nothing of its configuration", async () => {
  const worker = await startWorker();
  const { url } = worker;
  const all = follow(url, "/millrace/events", { accept: "text/event-stream" });
  await until("the stream begins", () => all.text.includes("retry"));
  await send(url, "POST", "/connectors", { name: "a", config: SOURCE });
  await send(url, "POST", "/connectors", { name: "b", config: SOURCE });
  await until("tasks run", async () =>
    (await kept(worker, "/millrace/events")).some((e) => short(e) === "status b 0 RUNNING"),
  );
  const one = follow(url, "/millrace/connectors/a/events?follow=true");
  await until("its stream begins", () => one.text.includes("retry"));
  await send(url, "PUT", "/connectors/a/pause");
  await send(url, "POST", "/connectors/a/restart?includeTasks=true");
  await send(url, "PUT", "/connectors/a/config", { ...SOURCE, topic: "other" });
  await send(url, "PUT", "/connectors/b/stop");
  await until("it is over with b", () => all.text.includes(`"STOPPED"`));

  const ofA = await kept(worker, "/millrace/connectors/a/events");
  expect(ofA.map(short).slice(0, 4)).toEqual([
    "config a",
    "status a RUNNING",
    "tasks a",
    "status a 0 RUNNING",
  ]);
  expect(ofA.map(short)).toEqual(expect.arrayContaining(["target a", "restart a"]));
  expect(ofA).toContainEqual(expect.objectContaining({ type: "config", change: "updated" }));
  expect(ofA.every(({ connector }) => connector === "a")).toBe(true);
  await until("all of it came in the streams", () => one.text.includes(`"updated"`));
  expect(one.text).not.toContain(`"connector":"b"`);
  expect(one.text).not.toContain(`"created"`);
  expect(all.text).toContain(`"created"`);
  expect(JSON.stringify(ofA) + all.text).not.toContain("/in.txt");

  await send(url, "DELETE", "/connectors/a");
  await until("it is deleted", () => all.text.includes(`"deleted"`));
  expect((await send(url, "GET", "/millrace/connectors/a/events")).status).toBe(404);
});

test("a client that comes again gets what it has missed", async () => {
  const worker = await startWorker();
  const { url } = worker;
  await send(url, "POST", "/connectors", { name: "a", config: SOURCE });
  const [first] = (await kept(worker, "/millrace/events")) as (Event & { id: string })[];
  const stream = follow(url, "/millrace/events?follow=true", { "last-event-id": first!.id });
  await until("it goes on", () => stream.text.includes(`"RUNNING"`));
  expect(stream.text).not.toContain(`"created"`);
});

test("a failure is told by its first line, and remembered when all is well again", async () => {
  const worker = await startWorker();
  const { url } = worker;
  await send(url, "POST", "/connectors", { name: "a", config: SOURCE });
  await until("the task is there", () => worker.threads.tasks.length === 1);
  worker.threads.tasks[0]!.listener.onState("FAILED", "a.B: no\n\tat somewhere\n");
  const health = async () => {
    const path = "/millrace/connectors/a/health";
    const answer = await send(url, "GET", path);
    expect(undocumented("GET", path, answer)).toBe("");
    return answer.body;
  };
  expect(await health()).toMatchObject({
    health: "failed",
    reason: "Task 0 has failed: a.B: no",
    since: expect.any(String),
    last_error: { task: 0, error: "a.B: no" },
    tasks: [{ error: "a.B: no", since: expect.any(String) }],
  });
  expect(await kept(worker, "/millrace/events")).toContainEqual(
    expect.objectContaining({ state: "FAILED", previous: "RUNNING", error: "a.B: no" }),
  );
  await send(url, "POST", "/connectors/a/tasks/0/restart");
  await until("it runs again", async () => {
    const { health: now } = (await health()) as { health: string };
    return now === "healthy";
  });
  expect(await health()).toMatchObject({ reason: null, last_error: { error: "a.B: no" } });
  const all = await send(url, "GET", "/millrace/health");
  expect(undocumented("GET", "/millrace/health", all)).toBe("");
  expect(all.body).toMatchObject({ connectors: [{ name: "a", health: "healthy" }] });
});

test("what a connector logs is kept apart, and can be followed", async () => {
  const worker = await startWorker();
  const { url, logging } = worker;
  await send(url, "POST", "/connectors", { name: "a", config: SOURCE });
  logging.logger("FileTask", unitContext("a", 0)).info("first line", { bytes: 5 });
  logging.logger("FileTask", unitContext("b", 0)).info("of another");
  logging.logger("FileTask", unitContext("a", 0)).debug("too low");
  const path = "/millrace/connectors/a/logs";
  const answer = await send(url, "GET", path);
  expect(undocumented("GET", path, answer)).toBe("");
  const { lines } = answer.body as { lines: { logger: string; message: string }[] };
  expect(lines.filter(({ logger }) => logger !== "herder")).toEqual([
    expect.objectContaining({ task: 0, message: "first line", details: { bytes: 5 } }),
  ]);
  expect(lines[0]!.message).toMatch(/^Connector a is created/);
  const stream = follow(url, `${path}?follow=true`);
  await until("it begins with what is kept", () => stream.text.includes("first line"));
  logging.logger("FileConnector", unitContext("a")).warn("second line");
  await until("it goes on", () => stream.text.includes("second line"));
  expect(stream.text).toContain("event: log\n");
  expect((await send(url, "GET", "/millrace/connectors/nope/logs")).status).toBe(404);
});

test("streams are asked for in two ways, and end with the server", async () => {
  const worker = await startWorker();
  const head = await send(worker.url, "HEAD", "/millrace/events?follow=true");
  expect(head).toMatchObject({ status: 200, headers: { "content-type": "text/event-stream" } });
  const refused = await send(worker.url, "GET", "/millrace/events", undefined, {
    Accept: "text/plain",
  });
  expect(refused.status).toBe(406);
  const stream = follow(worker.url, "/millrace/events?follow=true");
  await until("the stream begins", () => stream.text.includes("retry"));
  await worker.stopServing();
  await until("it ends", () => stream.ended);
});

test("a plugin's configuration is shown as a JSON Schema", async () => {
  const { url } = await startWorker();
  const path = "/millrace/connector-plugins/FileStreamSource/schema";
  const answer = await send(url, "GET", path);
  expect(undocumented("GET", path, answer)).toBe("");
  expect(answer.body).toMatchObject({
    title: "org.apache.kafka.connect.file.FileStreamSourceConnector",
    required: expect.arrayContaining(["name", "connector.class", "topic"]),
    properties: { "batch.size": { type: ["integer", "string"], default: 2000 } },
  });
  const unknown = await send(url, "GET", "/millrace/connector-plugins/Nope/schema");
  expect(unknown.status).toBe(404);
});
