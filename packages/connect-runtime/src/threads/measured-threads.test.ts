import { expect, test } from "vitest";
import { FakeThreads } from "../../test/support/fake-threads.ts";
import { DEFAULT_WINDOWS } from "../metrics/sample-windows.ts";
import { PluginRegistry } from "../plugins/registry.ts";
import { TaskMeasures } from "../task/measures.ts";
import { MeasuredThreads } from "./measured-threads.ts";
import type { ConnectorListener, TaskSpec } from "./units.ts";

const SPEC: TaskSpec = {
  connector: "c",
  task: 0,
  type: "source",
  connectorProps: {},
  taskProps: {},
  initialState: "STARTED",
};

function setUp() {
  const fake = new FakeThreads(new PluginRegistry([]), {});
  return { fake, threads: new MeasuredThreads(fake, DEFAULT_WINDOWS) };
}

function start({ fake, threads }: ReturnType<typeof setUp>) {
  const states: string[] = [];
  const unit = threads.startTask(SPEC, { onState: (state) => states.push(state) });
  const { spec, listener } = fake.tasks.at(-1)!;
  return { unit, states, listener, measures: new TaskMeasures(spec.memory) };
}

const readOf = (threads: MeasuredThreads) => threads.measured("c", 0)?.readings.records.read;

test("what a task has measured is there when it has failed, until it is stopped", async () => {
  const worker = setUp();
  const { unit, states, listener, measures } = start(worker);
  await Promise.resolve();
  measures.read += 5;
  listener.onState("FAILED", "trace");
  expect(states).toEqual(["RUNNING", "FAILED"]);
  expect(readOf(worker.threads)).toBe(5);
  await unit.stop();
  expect(readOf(worker.threads)).toBeUndefined();
});

test("a task that is started again before the old one has ended keeps its own figures", async () => {
  const worker = setUp();
  const old = start(worker);
  old.measures.read = 1;
  const next = start(worker);
  next.measures.read = 2;
  await old.unit.stop();
  expect(readOf(worker.threads)).toBe(2);
});

test("starts count as what came of them first", async () => {
  const worker = setUp();
  const { threads, fake } = worker;
  const first = start(worker);
  await Promise.resolve();
  first.listener.onState("FAILED");
  fake.behaviour.onStart = () => ({ state: "FAILED" });
  start(worker);
  const listener: ConnectorListener = {
    onState: () => undefined,
    onReconfigurationRequest: () => undefined,
    onReloadRequest: () => undefined,
  };
  threads.startConnector(
    { name: "c", type: "source", props: {}, initialState: "STARTED" },
    listener,
  );
  fake.behaviour.onStart = () => "hang";
  start(worker);
  await Promise.resolve();
  expect(threads.taskStartups).toMatchObject({ attempts: 3, successes: 1, failures: 1 });
  expect(threads.connectorStartups).toMatchObject({ attempts: 1, successes: 0, failures: 1 });
});
