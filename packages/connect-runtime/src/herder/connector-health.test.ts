import { expect, test } from "vitest";
import type { Status } from "../store/status-store.ts";
import { connectorHealth } from "./connector-health.ts";

const status = (state: Status["state"], restarts?: Status["restarts"]): Status => ({
  state,
  workerId: "h:1",
  generation: 1,
  restarts,
});

test.each<[Status["state"], Status["state"][], string]>([
  ["RUNNING", ["RUNNING", "RUNNING"], "healthy"],
  ["RUNNING", [], "healthy"],
  ["RUNNING", ["RUNNING", "FAILED"], "degraded"],
  ["RUNNING", ["FAILED", "FAILED"], "failed"],
  ["FAILED", ["RUNNING"], "failed"],
  ["RUNNING", ["RUNNING", "UNASSIGNED"], "degraded"],
  ["RESTARTING", ["RUNNING"], "degraded"],
  ["PAUSED", ["PAUSED"], "paused"],
  ["STOPPED", [], "stopped"],
])("a connector that is %s with tasks %j is %s", (connector, tasks, health) => {
  const given = tasks.map((state, task) => [task, status(state)] as const);
  expect(connectorHealth("a", status(connector), given).health).toBe(health);
});

test("restarts are shown where there were some", () => {
  const failed = status("FAILED", { attempts: 2, nextMs: 0 });
  const again = status("RUNNING", { attempts: 3, nextMs: undefined });
  expect(
    connectorHealth("a", status("RUNNING"), [
      [0, failed],
      [1, again],
    ]).tasks,
  ).toEqual([
    {
      id: 0,
      state: "FAILED",
      worker_id: "h:1",
      restarts: { attempts: 2, next: "1970-01-01T00:00:00.000Z" },
    },
    { id: 1, state: "RUNNING", worker_id: "h:1", restarts: { attempts: 3, next: null } },
  ]);
});

const WORKERS = new Set(["h:1"]);

test("what a worker said that is gone is stale, but for what has failed or is nobody's", () => {
  const lost = (state: Status["state"]): Status => ({ ...status(state), workerId: "gone:1" });
  const health = (connector: Status, ...tasks: Status[]) =>
    connectorHealth(
      "a",
      connector,
      tasks.map((task, id) => [id, task] as const),
      { workers: WORKERS },
    );
  expect(health(status("RUNNING"), status("RUNNING"), lost("RUNNING"))).toMatchObject({
    health: "stale",
    reason: "Task 1 was RUNNING on gone:1, which is not in the cluster",
  });
  expect(health(lost("PAUSED")).health).toBe("stale");
  expect(health(status("RUNNING"), lost("UNASSIGNED")).health).toBe("degraded");
  expect(health(status("RUNNING"), lost("FAILED"), status("RUNNING")).health).toBe("degraded");
  expect(health(lost("STOPPED")).health).toBe("stopped");
  expect(connectorHealth("a", lost("RUNNING"), []).health).toBe("healthy");
});

test("a failure is told with the first line of its trace, and since when", () => {
  const failed: Status = { ...status("FAILED"), trace: "a.B: no\n\tat x\n" };
  const since = (task?: number) => (task === undefined ? 1_000 : 2_000 + task);
  const lastError = { task: 1, error: "a.B: no", time: "t", worker_id: "h:1" };
  const tasks = [
    [0, status("RUNNING")],
    [1, failed],
  ] as const;
  expect(connectorHealth("a", status("RUNNING"), tasks, { since, lastError })).toEqual({
    name: "a",
    health: "degraded",
    reason: "Task 1 has failed: a.B: no",
    since: "1970-01-01T00:00:02.001Z",
    last_error: lastError,
    connector: { state: "RUNNING", worker_id: "h:1", since: "1970-01-01T00:00:01.000Z" },
    tasks: [
      { id: 0, state: "RUNNING", worker_id: "h:1", since: "1970-01-01T00:00:02.000Z" },
      {
        id: 1,
        state: "FAILED",
        worker_id: "h:1",
        since: "1970-01-01T00:00:02.001Z",
        error: "a.B: no",
      },
    ],
  });
});

test("tasks that have said nothing yet are missed", () => {
  const tasks = [[0, status("RUNNING")]] as const;
  expect(connectorHealth("a", status("RUNNING"), tasks, { taskCount: 3 })).toMatchObject({
    health: "degraded",
    reason: "2 of 3 tasks have not reported a state yet",
  });
});
