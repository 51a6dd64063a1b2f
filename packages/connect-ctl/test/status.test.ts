import { expect, test } from "vitest";
import { ctl } from "./support/ctl.ts";
import { restServer } from "./support/rest-server.ts";

const SINCE = "2026-11-27T10:00:00.000Z";

function status(name: string, task: string) {
  const part = (state: string) => ({ state, worker_id: "w:1" });
  return { name, type: "sink", connector: part("RUNNING"), tasks: [{ id: 0, ...part(task) }] };
}

const STATUSES = { a: status("a", "RUNNING"), b: status("b", "RUNNING"), c: status("c", "FAILED") };
const STALE = "Task 0 was RUNNING on w:1, which is not in the cluster";
const HEALTHS = [
  { name: "a", health: "stale", reason: STALE, since: SINCE },
  { name: "b", health: "healthy", reason: null, since: SINCE },
  { name: "c", health: "failed", reason: "Task 0 has failed: no trace", since: null },
];

/** A worker that knows three connectors, and what it concludes of them. */
function millrace() {
  return restServer(({ path }) => ({ body: JSON.stringify(answer(path)) }));
}

function answer(path: string): unknown {
  if (path === "/millrace/health") return { connectors: HEALTHS };
  if (path === "/connectors") return Object.keys(STATUSES);
  if (path.startsWith("/connectors?")) {
    return Object.fromEntries(Object.entries(STATUSES).map(([name, of]) => [name, { status: of }]));
  }
  const [, name = ""] = /\/connectors\/(\w)/.exec(path) ?? [];
  if (path.startsWith("/millrace")) return HEALTHS.find((health) => health.name === name);
  return STATUSES[name as keyof typeof STATUSES];
}

test("status is what the worker concludes, why and since when", async () => {
  const { url } = await millrace();
  expect(await ctl(["status", "--url", url])).toEqual({
    code: 0,
    out: [
      "NAME  TYPE  HEALTH   SINCE                     CONNECTOR  TASKS      WORKER",
      `a     sink  stale    ${SINCE}  RUNNING    1 RUNNING  w:1`,
      `b     sink  healthy  ${SINCE}  RUNNING    1 RUNNING  w:1`,
      "c     sink  failed                             RUNNING    1 FAILED   w:1",
      "",
      `a: ${STALE}`,
      "c: task 0 FAILED on w:1",
      "  without a trace",
      "",
    ].join("\n"),
    err: "",
  });
});

test("of single connectors it is the same, and stale is not as it should be", async () => {
  const { url, received } = await millrace();
  const { code, out } = await ctl(["status", "a", "--exit-code", "-o", "json", "--url", url]);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject([{ health: "stale", reason: STALE, since: SINCE }]);
  expect(received.map(({ path }) => path).toSorted()).toEqual([
    "/connectors/a/status",
    "/millrace/connectors/a/health",
  ]);
  expect((await ctl(["status", "b", "--exit-code", "--url", url])).code).toBe(0);
});

test("where the worker concludes nothing, the command does", async () => {
  const worker = await restServer(({ path }) =>
    path.startsWith("/millrace")
      ? { status: 404, body: `{"error_code":404,"message":"HTTP 404 Not Found"}` }
      : { body: JSON.stringify(answer(path)) },
  );
  const { code, out } = await ctl(["status", "--url", worker.url]);
  expect(code).toBe(0);
  expect(out).toContain("NAME  TYPE  HEALTH   CONNECTOR  TASKS      WORKER\n");
  expect(out).toContain("a     sink  healthy  RUNNING    1 RUNNING  w:1\n");
});
