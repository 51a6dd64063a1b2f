import { expect, test } from "vitest";
import type { ConnectorStatus } from "../client/answers.ts";
import { statusLines } from "./changes.ts";

const running: ConnectorStatus = {
  name: "a",
  type: "sink",
  connector: { state: "RUNNING", worker_id: "w1" },
  tasks: [
    { id: 0, state: "RUNNING", worker_id: "w1" },
    { id: 1, state: "RUNNING", worker_id: "w2" },
  ],
};

test("at first everything is news, then nothing", () => {
  expect(statusLines(undefined, running).map(({ text }) => text)).toEqual([
    "a is RUNNING on w1",
    "a task 0 is RUNNING on w1",
    "a task 1 is RUNNING on w2",
  ]);
  expect(statusLines(running, running)).toEqual([]);
});

test("changes say what was before", () => {
  const after: ConnectorStatus = {
    ...running,
    tasks: [{ id: 0, state: "FAILED", worker_id: "w1", trace: "org.x.E: no\n\tat y" }],
  };
  expect(statusLines(running, after)).toEqual([
    {
      connector: "a",
      task: 0,
      from: "RUNNING",
      to: "FAILED",
      worker: "w1",
      trace: "org.x.E: no\n\tat y",
      text: "a task 0 is FAILED on w1 (was RUNNING): org.x.E: no",
    },
    { connector: "a", task: 1, from: "RUNNING", to: null, text: "a task 1 is gone (was RUNNING)" },
  ]);
});

test("a task that moves is news", () => {
  const [first, second] = running.tasks;
  const after = { ...running, tasks: [first!, { ...second!, worker_id: "w3" }] };
  expect(statusLines(running, after).map(({ text }) => text)).toEqual([
    "a task 1 is RUNNING on w3",
  ]);
});
