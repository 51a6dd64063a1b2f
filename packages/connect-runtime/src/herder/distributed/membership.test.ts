import { expect, onTestFinished, test } from "vitest";
import { until } from "../../../test/support/until.ts";
import type { Assignment } from "../../group/assignment.ts";
import { NO_WORK, type Work } from "../../store/work.ts";
import { Logging } from "../../logging.ts";
import { RebalanceMeasures } from "../../metrics/rebalance-measures.ts";
import { DEFAULT_WINDOWS } from "../../metrics/sample-windows.ts";
import type { LogEntry } from "../../task/logger.ts";
import { Stages } from "../stage.ts";
import { RebalanceNeededError, RequestTargetError } from "../target-errors.ts";
import { type ClusterGroup, Membership } from "./membership.ts";

const ASSIGNED: Assignment = {
  generation: 1,
  protocolVersion: 2,
  failed: false,
  leader: "me",
  leaderUrl: "http://leader/",
  isLeader: true,
  configOffset: 5,
  work: NO_WORK,
  revoked: NO_WORK,
  delayMs: 0,
};

/** A group that answers joins with what the test gives, in order, and then nothing any more. */
class FakeGroup implements ClusterGroup {
  generation = -1;
  rejoinNeeded = true;
  readonly requested: string[] = [];
  readonly owners = new Map<string, string>();
  wake: () => void = () => undefined;
  readonly #answers: (Partial<Assignment> | Error)[];

  constructor(...answers: (Partial<Assignment> | Error)[]) {
    this.#answers = answers;
  }

  give(answer: Partial<Assignment> | Error): void {
    this.#answers.push(answer);
    this.rejoinNeeded = true;
    this.wake();
  }

  async ensureJoined(): Promise<Assignment | undefined> {
    const answer = this.#answers.shift();
    this.rejoinNeeded = false;
    if (answer === undefined) return undefined;
    if (answer instanceof Error) throw answer;
    this.generation = answer.generation ?? 1;
    return { ...ASSIGNED, ...answer };
  }

  isCurrent(): boolean {
    return this.generation >= 0;
  }

  requestRejoin(reason: string): void {
    this.requested.push(reason);
    this.rejoinNeeded = true;
    this.wake();
  }

  ownerUrl(connector: string, task = -1): string | undefined {
    return this.owners.get(`${connector} ${task}`);
  }
}

function memberOf(
  group: FakeGroup,
  options: { offsets?: number[]; waitMs?: number; here?: string[]; onRefresh?: () => void } = {},
) {
  const { offsets = [5], waitMs = 0, here = [] } = options;
  const adopted: Work[] = [];
  const log: LogEntry[] = [];
  const membership = new Membership({
    group,
    configs: {
      snapshot: () => ({
        offset: offsets[0]!,
        connectors: () => [],
        has: () => false,
        taskCount: () => 0,
      }),
      refresh: async () => {
        options.onRefresh?.();
        if (offsets.length > 1) offsets.shift();
      },
    },
    working: {
      stopped: async () => undefined,
      adopt: (work) => adopted.push(work),
      has: (connector, task) =>
        here.includes(task === undefined ? connector : `${connector}-${task}`),
    },
    stages: new Stages(),
    rebalances: new RebalanceMeasures(DEFAULT_WINDOWS),
    syncTimeoutMs: 100,
    waitMs,
    onAdopted: () => undefined,
    logger: new Logging((entry) => log.push(entry)).logger("membership"),
  });
  group.wake = () => membership.wake();
  onTestFinished(() => membership.stop());
  return { membership, adopted, log };
}

const WORK: Work = { connectors: ["a"], tasks: [{ connector: "a", task: 0 }] };

test("work is taken when the config topic is read as far as the leader had read it", async () => {
  const { membership, adopted } = memberOf(new FakeGroup({ work: WORK }), { offsets: [3, 5] });
  await membership.start();
  expect(adopted).toEqual([WORK]);
  expect(membership.generation).toBe(1);
  expect(membership.unsettled).toBe(false);
});

test("work of a session that has ended meanwhile is not begun", async () => {
  const group = new FakeGroup({ work: WORK });
  const { membership, adopted } = memberOf(group, {
    offsets: [3, 5],
    onRefresh: () => (group.generation = -1),
  });
  await membership.start();
  expect(adopted).toEqual([]);
  expect(membership.assignment).toBeUndefined();
});

test("being ahead of the leader does no harm", async () => {
  const { membership, adopted } = memberOf(new FakeGroup({ work: WORK }), { offsets: [9] });
  await membership.start();
  expect(adopted).toEqual([WORK]);
});

test.each<[string, Partial<Assignment>, number[]]>([
  ["the config topic cannot be read so far", {}, [3]],
  ["the leader could not", { failed: true }, [5]],
])("no work is taken where %s; the worker says so and joins again", async (_, first, offsets) => {
  const group = new FakeGroup(first, { work: WORK, configOffset: offsets[0]! });
  const { membership, adopted, log } = memberOf(group, { offsets });
  await membership.start();
  await until("work is taken", () => adopted.length > 0);
  expect(adopted).toEqual([WORK]);
  expect(log.map(({ message }) => message).join()).toMatch(
    /No work was taken.*config\.storage\.topic/,
  );
  expect(group.requested).toEqual(["configurations are out of date"]);
});

test("a worker that may not join at all is told why", async () => {
  const { membership } = memberOf(new FakeGroup(new Error("not authorized for group.id")));
  await expect(membership.start()).rejects.toThrow("not authorized");
});

test("later failures are logged, and tried again", async () => {
  const group = new FakeGroup({});
  const { membership, adopted, log } = memberOf(group);
  await membership.start();
  group.give(new Error("not authorized any more"));
  await until("it is logged", () => log.some(({ message }) => message.includes("any more")));
  group.give({ generation: 2, work: WORK });
  await until("work is taken", () => adopted.length === 2);
  expect(membership.generation).toBe(2);
});

test("only the leader passes as the leader; others learn its address", async () => {
  const group = new FakeGroup({});
  const { membership } = memberOf(group);
  await membership.start();
  await membership.requireLeader();
  group.give({ generation: 2, isLeader: false });
  await until("another leads", () => membership.generation === 2);
  await expect(membership.requireLeader()).rejects.toMatchObject({ url: "http://leader/" });
  group.generation = -1; // the session is over
  const error: unknown = await membership.requireLeader().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RequestTargetError);
  expect((error as RequestTargetError).url).toBeUndefined();
});

test("the owner passes; others learn who it is, from the leader", async () => {
  const group = new FakeGroup({});
  const { membership } = memberOf(group, { here: ["a", "a-1"] });
  await membership.start();
  group.owners.set("b -1", "http://b/").set("b 0", "http://b0/");
  await membership.requireOwner("a");
  await membership.requireOwner("a", 1);
  await expect(membership.requireOwner("b")).rejects.toMatchObject({ url: "http://b/" });
  await expect(membership.requireOwner("b", 0)).rejects.toMatchObject({ url: "http://b0/" });
  await expect(membership.requireOwner("c")).rejects.toBeInstanceOf(RebalanceNeededError);
  group.give({ generation: 2, isLeader: false });
  await until("another leads", () => membership.generation === 2);
  await expect(membership.requireOwner("b")).rejects.toMatchObject({ url: "http://leader/" });
});

test("while a rebalance is due nobody passes as owner, and nothing is settled", async () => {
  const group = new FakeGroup({});
  const { membership } = memberOf(group, { here: ["a"] });
  await membership.start();
  await membership.requireSettled();
  membership.rebalanceSoon("a test wants it");
  await expect(membership.requireOwner("a")).rejects.toBeInstanceOf(RebalanceNeededError);
  await expect(membership.requireSettled()).rejects.toBeInstanceOf(RebalanceNeededError);
});

test("where that is wanted, the owner is asked for again when the rebalance is over", async () => {
  const group = new FakeGroup({});
  const { membership } = memberOf(group, { waitMs: 30_000, here: ["a"] });
  await membership.start();
  membership.rebalanceSoon("a test wants it");
  group.give({ generation: 2 });
  await membership.requireOwner("a");
  expect(group.requested).toEqual(["a test wants it"]);
});

test("a change that the assignment takes into account already asks for no rebalance", async () => {
  const group = new FakeGroup({ configOffset: 5 });
  const { membership } = memberOf(group, { waitMs: 30_000, here: ["a"] });
  await membership.start();
  membership.rebalanceSoon("made before", 5);
  await membership.requireOwner("a");
  expect(group.requested).toEqual([]);
  membership.rebalanceSoon("made before", 5);
  membership.rebalanceSoon("made since", 6);
  await until("it asks", () => group.requested.length > 0);
  expect(group.requested).toEqual(["made before, made since"]);
});
