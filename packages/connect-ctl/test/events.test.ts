import { describe, expect, test } from "vitest";
import { ctl } from "./support/ctl.ts";
import { type Reply, restServer } from "./support/rest-server.ts";

const STATUS = JSON.stringify({
  name: "a",
  type: "sink",
  connector: { state: "RUNNING", worker_id: "w:1" },
  tasks: [],
});
const FIRST = `: hello\n\nid: 1\nevent: state\ndata: {"time":"2026-11-27T10:00:00Z","task":0,"state":"FAILED"}\n\n`;
const SECOND = `id: 2\ndata: plain\n\n`;

/** A worker that sends events twice, breaking off in between, and then deletes the connector. */
function eventsWorker() {
  let streams = 0;
  return restServer(({ path }): Reply => {
    if (!path.endsWith("/events")) {
      return streams > 2 ? { status: 404, body: "{}" } : { body: STATUS };
    }
    streams++;
    if (streams > 2) return { status: 404, body: "{}" };
    const headers = { "content-type": "text/event-stream; charset=utf-8" };
    return { headers, body: streams === 1 ? FIRST : SECOND };
  });
}

describe("events -f", () => {
  test("prints events of a worker that has them, over several connections", async () => {
    const [worker, another] = [await eventsWorker(), await eventsWorker()];
    const [forPeople, forPrograms] = await Promise.all([
      ctl(["events", "-f", "a", "--url", worker.url]),
      ctl(["events", "-f", "a", "-o", "json", "--url", another.url]),
    ]);
    expect(forPeople).toMatchObject({ code: 0, err: "a has been deleted\n" });
    expect(forPeople.out).toMatch(
      /^\S+Z {2}a is RUNNING on w:1\n2026-11-27T10:00:00Z {2}state task=0 state=FAILED\nevent data=plain\n$/,
    );
    expect(
      forPrograms.out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      {
        time: expect.any(String) as string,
        connector: "a",
        from: null,
        to: "RUNNING",
        worker: "w:1",
      },
      { type: "state", time: "2026-11-27T10:00:00Z", task: 0, state: "FAILED" },
      { data: "plain" },
    ]);
    const streams = worker.received.filter(({ path }) => path.endsWith("/events"));
    expect(streams.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1", "2"]);
    expect(streams[0]!.path).toBe("/millrace/connectors/a/events");
  });

  test("ends with the event that tells of the connector's end", async () => {
    const body = `event: config\ndata: {"change":"deleted"}\n\n`;
    const worker = await restServer(({ path }) =>
      path.endsWith("/events")
        ? { headers: { "content-type": "text/event-stream" }, body }
        : { body: STATUS },
    );
    const { code, out, err } = await ctl(["events", "-f", "a", "--url", worker.url]);
    expect({ code, err }).toEqual({ code: 0, err: "a has been deleted\n" });
    expect(out).toMatch(/\nconfig change=deleted\n$/);
    expect(worker.received).toHaveLength(2);
  });

  test("ends with 130 when it is interrupted", async () => {
    const worker = await restServer(({ path }) =>
      path.endsWith("/events") ? { status: 404, body: "{}" } : { body: STATUS },
    );
    const interrupt = new AbortController();
    const { code, out, err } = await ctl(["events", "-f", "a", "--url", worker.url], {
      signal: interrupt.signal,
      onOut: () => interrupt.abort(),
    });
    expect(code).toBe(130);
    expect(out).toMatch(/^\S+Z {2}a is RUNNING on w:1\n$/);
    expect(err).toContain("does not offer events");
  });
});

describe("events", () => {
  test("are those that the worker keeps", async () => {
    const events = [
      { id: "r-1", time: "T1", type: "config", connector: "a", change: "created" },
      { id: "r-2", time: "T2", type: "status", connector: "a", task: 0, state: "RUNNING" },
    ];
    const worker = await restServer(({ path }) => ({
      body: path.endsWith("/events") ? JSON.stringify({ events }) : STATUS,
    }));
    expect(await ctl(["events", "a", "--url", worker.url])).toEqual({
      code: 0,
      out: "T1  config connector=a change=created\nT2  status connector=a task=0 state=RUNNING\n",
      err: "",
    });
    const { out } = await ctl(["events", "a", "-o", "json", "--url", worker.url]);
    expect(JSON.parse(out)).toEqual(events);
  });

  test("are refused in the worker's words, and no states told instead", async () => {
    const worker = await restServer(({ path }) =>
      path.endsWith("/events")
        ? { status: 503, body: `{"error_code":503,"message":"100 clients follow already"}` }
        : { body: STATUS },
    );
    expect(await ctl(["events", "-f", "a", "--url", worker.url])).toEqual({
      code: 1,
      out: "",
      err: "100 clients follow already\n",
    });
  });
});
