import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GroupModel } from "../../test/support/group-model.ts";
import { decodeAssignment, decodeMetadata } from "./protocol.ts";
import { KINDS } from "./units.ts";
import type { Kind } from "./units.ts";
import { NO_WORK } from "../store/work.ts";

type Placement = [connector: string, worker: string, tasks: string[]][];

/** Where Java's three workers had everything, at the moments of the recording. */
const placements = JSON.parse(
  readFileSync(new URL("../../test/golden/group-placements.json", import.meta.url), "utf8"),
) as Record<string, [moment: string, placement: Placement][]>;

function recordedLoads(file: string, moment: string): Record<Kind, number[]> {
  return { connectors: loadsOf(file, moment, "connectors"), tasks: loadsOf(file, moment, "tasks") };
}

const loads = (model: GroupModel): Record<Kind, number[]> => ({
  connectors: model.loads("connectors"),
  tasks: model.loads("tasks"),
});

function loadsOf(file: string, moment: string, kind: Kind): number[] {
  const found = placements[file]?.find(([name]) => name === moment)?.[1] ?? [];
  const owners = found.flatMap(([, worker, tasks]) => (kind === "tasks" ? tasks : [worker]));
  const loads = new Map<string, number>();
  for (const owner of owners) loads.set(owner, (loads.get(owner) ?? 0) + 1);
  return [...loads.values()].sort((a, b) => b - a);
}

function threeWorkers(maxDelayMs: number): GroupModel {
  const model = new GroupModel(maxDelayMs);
  for (const worker of ["d1", "d2", "d3"]) {
    model.join(worker);
    model.settle();
  }
  for (const connector of ["c-d1", "c-d2", "c-d3"]) {
    model.configured.set(connector, 0);
    model.settle();
    model.configured.set(connector, 4);
    model.settle();
  }
  return model;
}

test("without a delay the loads are Java's all along: three, one killed, back, one ended, the leader killed", () => {
  const model = threeWorkers(0);
  const expectRecorded = (moment: string): void =>
    expect(loads(model)).toEqual(recordedLoads("delay-0", moment));
  expectRecorded("placement");
  model.crash("d3");
  expect(model.settle()).toHaveLength(1); // nothing waits, and nothing that runs is stopped
  model.join("d3");
  model.settle();
  expectRecorded("placement after return");
  model.goodbye("d2");
  expect(model.settle()).toHaveLength(1);
  model.join("d2");
  model.settle();
  expectRecorded("placement before killing first worker");
  model.crash("d1");
  model.settle();
  expectRecorded("placement after leader kill");
});

test("with the default delay too", () => {
  const model = threeWorkers(300_000);
  const expectRecorded = (moment: string): void =>
    expect(loads(model)).toEqual(recordedLoads("delay-default-300000", moment));
  expectRecorded("placement before kill");
  model.crash("d3");
  model.rebalance();
  expect(model.rejoinAt).toBe(300_000);
  model.settle();
  model.join("d3");
  model.settle();
  expectRecorded("placement after return");
});

test("what Java's leader dealt out after the kill, ours deals out as evenly from the same bytes", () => {
  const members = JSON.parse(
    readFileSync(new URL("../../test/golden/group-members.json", import.meta.url), "utf8"),
  ) as { recorded: string; memberId: string; metadata: string; assignment: string }[];
  const after = members.filter(({ recorded }) => recorded.includes("delay-0 group_after_kill"));
  expect(after).toHaveLength(2);
  const model = new GroupModel(0);
  for (const connector of ["c-d1", "c-d2", "c-d3"]) model.configured.set(connector, 4);
  const theirs = { connectors: [] as number[], tasks: [] as number[] };
  for (const { memberId, metadata, assignment } of after) {
    model.join(memberId);
    const running = decodeMetadata(Buffer.from(metadata, "hex")).allocation?.assigned ?? NO_WORK;
    const added = decodeAssignment(Buffer.from(assignment, "hex")).assigned;
    const worker = model.running(memberId);
    for (const connector of running.connectors) worker.connectors.add(connector);
    for (const { connector, task } of running.tasks) worker.tasks.add(`${connector}-${task}`);
    theirs.connectors.push(running.connectors.length + added.connectors.length);
    theirs.tasks.push(running.tasks.length + added.tasks.length);
  }
  const [round] = model.rebalance();
  for (const kind of KINDS) {
    expect(round?.moved[kind].size).toBe(0);
    expect(model.loads(kind)).toEqual(theirs[kind].sort((a, b) => b - a));
  }
});
