import { describe, expect, test } from "vitest";
import { ctl } from "./support/ctl.ts";
import { closedUrl, type Received, type Reply, restServer } from "./support/rest-server.ts";

const NOT_FOUND: Reply = { status: 404, body: `{"error_code":404,"message":"Not Found"}` };
const EVENT_STREAM = { "content-type": "text/event-stream" };

function line(second: number, message: string, task?: number) {
  const time = `2026-11-27T10:00:0${second}.000Z`;
  return { time, level: "info", ...(task !== undefined && { task }), logger: "org.x.Y", message };
}

/** A connector on workers of these ids, for everything but logs and events. */
function connector(...workers: string[]): string {
  const [first, ...others] = workers.map((worker_id) => ({ state: "RUNNING", worker_id }));
  const tasks = others.map((part, id) => ({ id, ...part }));
  return JSON.stringify({ name: "a", type: "sink", config: {}, connector: first, tasks });
}

/** A worker that answers `logs` so, and has no events. */
function worker(logs: (request: Received) => Reply, about = connector("w:1")) {
  return restServer((request) => {
    if (request.path.endsWith("/logs")) return logs(request);
    return request.path.endsWith("/events") ? NOT_FOUND : { body: about };
  });
}

function keeping(...lines: object[]) {
  const numbered = lines.map((kept, i) => ({ id: `r-${i + 1}`, ...kept }));
  return worker(() => ({ body: JSON.stringify({ lines: numbered }) }));
}

function streamOf(...messages: { id?: string; event?: string; data: object }[]): Reply {
  const texts = messages.map(
    ({ id, event = "log", data }) =>
      `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
  );
  return { headers: EVENT_STREAM, body: texts.join("") };
}

function nameOf({ url }: { readonly url: string }): string {
  return url.slice("http://".length);
}

describe("logs", () => {
  test("of one worker", async () => {
    const { url } = await keeping(line(1, "started"), line(2, "began", 0));
    expect(await ctl(["logs", "a", "--url", url])).toEqual({
      code: 0,
      out: [
        "2026-11-27T10:00:01.000Z  INFO  [a|worker] started (org.x.Y)",
        "2026-11-27T10:00:02.000Z  INFO  [a|task-0] began (org.x.Y)",
        "",
      ].join("\n"),
      err: "",
    });
  });

  test("of several workers are one log, each line with its worker's name", async () => {
    const first = await keeping(line(1, "one"), line(3, "three"));
    const second = await keeping(line(2, "two", 1));
    const [w1, w2] = [nameOf(first), nameOf(second)];
    const urls = `${first.url},${second.url}`;
    const { code, out, err } = await ctl(["logs", "a", "--url", urls]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toBe(
      [
        `2026-11-27T10:00:01.000Z  ${w1}  INFO  [a|worker] one (org.x.Y)`,
        `2026-11-27T10:00:02.000Z  ${w2}  INFO  [a|task-1] two (org.x.Y)`,
        `2026-11-27T10:00:03.000Z  ${w1}  INFO  [a|worker] three (org.x.Y)`,
        "",
      ].join("\n"),
    );
    const data = await ctl(["logs", "a", "-o", "json", "--url", urls]);
    expect(JSON.parse(data.out)).toEqual([
      { worker: w1, id: "r-1", ...line(1, "one") },
      { worker: w2, id: "r-1", ...line(2, "two", 1) },
      { worker: w1, id: "r-2", ...line(3, "three") },
    ]);
  });

  test("of those that answer, when some do not, or do not have them", async () => {
    const [answering, old, away] = [
      await keeping(line(1, "one")),
      await worker(() => NOT_FOUND),
      await closedUrl(),
    ];
    const urls = [answering.url, old.url, away].join(",");
    const { code, out, err } = await ctl(["logs", "a", "--url", urls]);
    expect(code).toBe(3);
    expect(out).toContain(`${nameOf(answering)}  INFO  [a|worker] one`);
    expect(err).toBe(
      [
        `${away.slice(7)}: nobody listens there (connection refused)`,
        `${nameOf(old)}: it does not offer log lines`,
        "",
      ].join("\n"),
    );
  });

  test("say when there are workers that nobody asks", async () => {
    const about = connector("w:1", "w:1", "w:2");
    const { url } = await worker(() => ({ body: `{"lines":[]}` }), about);
    const { code, out, err } = await ctl(["logs", "a", "--url", url]);
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toMatch(/^a runs on 2 workers, and 1 will be asked, .* addresses of w:1, w:2 with/);
  });

  test("are states where no worker has them", async () => {
    const { url } = await worker(() => NOT_FOUND);
    const { code, out, err } = await ctl(["logs", "a", "--url", url]);
    expect({ code, out }).toEqual({ code: 0, out: "a is RUNNING on w:1\n" });
    expect(err).toMatch(/^No worker offers log lines .*\nThis worker does not offer events .*\n$/);
  });

  test("of a connector that is not there end with 4", async () => {
    const { url } = await restServer(() => NOT_FOUND);
    for (const flags of [[], ["-f"]]) {
      expect(await ctl(["logs", ...flags, "a", "--url", url])).toMatchObject({ code: 4, out: "" });
    }
  });
});

describe("logs -f", () => {
  test("goes on where a stream broke off, until an event tells of the end", async () => {
    const asked: (string | undefined)[] = [];
    const first = await restServer(({ path, headers }) => {
      if (path.endsWith("/events")) {
        // Deleted once the stream has come again.
        const deleted = { event: "config", data: { change: "deleted" } };
        return asked.length < 2 ? streamOf() : streamOf(deleted);
      }
      if (!path.endsWith("/logs")) return { body: connector("w:1") };
      asked.push(headers["last-event-id"]?.toString());
      return asked.length === 1
        ? streamOf({ id: "r-1", data: line(1, "one") })
        : streamOf(
            { event: "reset", data: { reason: "restarted" } },
            { id: "s-1", data: line(3, "three") },
          );
    });
    const second = await worker(() => streamOf({ id: "q-1", data: line(2, "two", 0) }));
    const { code, out, err } = await ctl([
      "logs",
      "-f",
      "a",
      "--url",
      `${first.url},${second.url}`,
    ]);
    expect(code).toBe(0);
    const [w1, w2] = [nameOf(first), nameOf(second)];
    expect(out).toContain(`2026-11-27T10:00:01.000Z  ${w1}  INFO  [a|worker] one (org.x.Y)\n`);
    expect(out).toContain(`2026-11-27T10:00:02.000Z  ${w2}  INFO  [a|task-0] two (org.x.Y)\n`);
    expect(out).toContain(`2026-11-27T10:00:03.000Z  ${w1}  INFO  [a|worker] three (org.x.Y)\n`);
    expect(err).toContain(`${w1}: it was restarted`);
    expect(err).toMatch(/\na has been deleted\n$/);
    expect(asked.slice(0, 2)).toEqual([undefined, "r-1"]);
  });

  test("ends where the connector is gone when a stream comes again", async () => {
    let streams = 0;
    const { url } = await restServer(({ path }) => {
      if (path.endsWith("/logs") && ++streams === 1) return streamOf({ data: line(1, "one") });
      return streams > 0 ? NOT_FOUND : { body: connector("w:1") };
    });
    const { code, out, err } = await ctl(["logs", "-f", "a", "-o", "json", "--url", url]);
    expect({ code, err }).toEqual({ code: 0, err: "a has been deleted\n" });
    expect(JSON.parse(out)).toEqual({ worker: url.slice(7), ...line(1, "one") });
  });

  test("waits for a worker that is not there yet, and ends with 130 by Ctrl-C", async () => {
    const { url } = await worker(() => streamOf({ data: line(1, "one") }));
    const away = await closedUrl();
    const interrupt = new AbortController();
    const { code, out, err } = await ctl(["logs", "-f", "a", "--url", `${url},${away}`], {
      signal: interrupt.signal,
      // Its stream comes again each second, and by then the other was tried.
      onOut: (printed) => printed.split("\n").length > 2 && interrupt.abort(),
    });
    expect(code).toBe(130);
    expect(out).toContain("one");
    expect(err).toBe(
      `${away.slice(7)}: nobody listens there (connection refused)\nTrying again …\n`,
    );
  });

  test("follows states where no worker has lines or events", async () => {
    const { url } = await worker(() => NOT_FOUND);
    const interrupt = new AbortController();
    const { code, out, err } = await ctl(["logs", "-f", "a", "--url", url], {
      signal: interrupt.signal,
      onOut: () => interrupt.abort(),
    });
    expect(code).toBe(130);
    expect(out).toMatch(/^\S+Z {2}a is RUNNING on w:1\n$/);
    expect(err).toMatch(/^No worker offers log lines .*\n.*: following its states instead\.\n$/);
  });
});
