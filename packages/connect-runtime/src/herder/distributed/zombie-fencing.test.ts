import { ConnectError, type Logger, RetriableError } from "@millrace/connect-api";
import { describe, expect, it } from "vitest";
import type { ConfigSnapshot } from "../../store/config-snapshot.ts";
import { StaleTaskConfigsError } from "../../store/kafka-config-store.ts";
import { NO_WORK } from "../../store/work.ts";
import { RebalanceNeededError } from "../target-errors.ts";
import { fenceFirst } from "./fence-first.ts";
import { LeaderContact } from "./leader-contact.ts";
import { toFence, ZombieFencing } from "./zombie-fencing.ts";

const noop = () => {};
const logger: Logger = { trace: noop, debug: noop, info: noop, warn: noop, error: noop };

/** A connector's tasks, and what the topic says of those before. */
interface Known {
  pending: boolean;
  record: number | undefined;
  tasks: number;
  generation: number;
}

function snapshotOf({ pending, record, tasks, generation }: Known): ConfigSnapshot {
  const snapshot: Partial<ConfigSnapshot> = {
    pendingFencing: () => pending,
    taskCountRecord: () => record,
    taskCount: () => tasks,
    taskConfigGeneration: () => generation,
    connectorConfig: () => ({ name: "c" }),
  };
  return snapshot as ConfigSnapshot; // what fencing never asks is left out
}

describe("what has to be fenced off", () => {
  it.each<[string, Omit<Known, "generation">, ReturnType<typeof toFence>]>([
    ["nothing has changed since", { pending: false, record: 3, tasks: 2 }, "nothing"],
    ["no task has ever written", { pending: true, record: undefined, tasks: 2 }, 0],
    ["one succeeds one, which fences itself", { pending: true, record: 1, tasks: 1 }, 0],
    ["two succeed one", { pending: true, record: 1, tasks: 2 }, 1],
    ["one succeeds two", { pending: true, record: 2, tasks: 1 }, 2],
    ["none succeed three", { pending: true, record: 3, tasks: 0 }, 3],
    ["some succeed none", { pending: true, record: 0, tasks: 2 }, 0],
  ])("%s", (_, known, expected) => {
    expect(toFence(snapshotOf({ ...known, generation: 1 }), "c")).toBe(expected);
  });
});

/** A leader whose topic is in memory. */
function leaderWith(known: Known) {
  const calls: string[] = [];
  let release: () => void = noop;
  let held: Promise<void> | undefined;
  const fencing = new ZombieFencing({
    configs: {
      snapshot: () => snapshotOf(known),
      refresh: async () => void calls.push("refresh"),
      putTaskCountRecord: async (connector, count, generation) => {
        if (generation !== known.generation) {
          throw new ConnectError("not written", { cause: new StaleTaskConfigsError(connector) });
        }
        calls.push(`record ${count}`);
        known.pending = false;
        known.record = count;
      },
    },
    transactionalId: (connector, task) => `g-${connector}-${task}`,
    fence: async (_connector, _props, ids) => {
      calls.push(`fence ${ids.join()}`);
      await held;
    },
    logger,
  });
  const hold = () => {
    held = new Promise((resolve) => (release = resolve));
  };
  return { fencing, calls, hold, release: () => release() };
}

describe("the leader", () => {
  it("fences off all tasks of before, then writes how many there are now", async () => {
    const { fencing, calls } = leaderWith({ pending: true, record: 3, tasks: 2, generation: 4 });
    await fencing.fence("c");
    expect(calls).toEqual(["refresh", "fence g-c-0,g-c-1,g-c-2", "record 2"]);
    await fencing.fence("c");
    expect(calls.slice(3)).toEqual(["refresh"]);
  });

  it("does it once for all who ask at the same time", async () => {
    const { fencing, calls, hold, release } = leaderWith({
      pending: true,
      record: 3,
      tasks: 3,
      generation: 4,
    });
    hold();
    const asked = [fencing.fence("c"), fencing.fence("c"), fencing.fence("c")];
    await expect.poll(() => calls.filter((call) => call.startsWith("fence"))).toHaveLength(1);
    release();
    await Promise.all(asked);
    expect(calls.filter((call) => call !== "refresh")).toEqual([
      "fence g-c-0,g-c-1,g-c-2",
      "record 3",
    ]);
  });

  it("sends away who asked for tasks that are not the newest any more", async () => {
    const known = { pending: true, record: 3, tasks: 3, generation: 4 };
    const { fencing, calls, hold, release } = leaderWith(known);
    hold();
    const early = fencing.fence("c").catch((error: unknown) => error);
    await expect.poll(() => calls).toContain("fence g-c-0,g-c-1,g-c-2");
    known.generation = 5;
    known.tasks = 1;
    const late = fencing.fence("c");
    release();
    expect(await early).toBeInstanceOf(RebalanceNeededError);
    await late;
    expect(calls.filter((call) => call.startsWith("record"))).toEqual(["record 1"]);
  });
});

describe("the owner", () => {
  const fenceWith = (answers: (Error | undefined)[], signal = new AbortController().signal) => {
    let asked = 0;
    const done = fenceFirst(
      "c",
      async () => {
        const answer = answers[asked++];
        if (answer !== undefined) throw answer;
      },
      signal,
      logger,
    );
    return { done, asked: () => asked };
  };
  const answered = (status: number, message: string) =>
    Object.assign(new ConnectError(message), { status });

  it.each([
    ["no leader now", answered(409, "rebalance")],
    ["a leader that is gone", answered(500, "IO Error trying to forward REST request: gone")],
    ["a session key that has changed", answered(403, "signature")],
    ["no place in the cluster", new RetriableError("no place")],
  ])("asks again: %s", async (_, error) => {
    const { done, asked } = fenceWith([error, undefined]);
    await done;
    expect(asked()).toBe(2);
  });

  it("fails at what asking again would not heal", async () => {
    const refused = fenceWith([answered(500, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED")]).done;
    await expect(refused).rejects.toThrow(/could not be fenced off.*AUTHORIZATION/);
  });

  it("asks no more when the task is not to begin", async () => {
    const over = new AbortController();
    const { done, asked } = fenceWith(
      Array.from({ length: 9 }, () => answered(409, "rebalance")),
      over.signal,
    );
    over.abort();
    await done;
    expect(asked()).toBe(1);
  });

  it("asks itself where it leads, else the leader, with a signature", async () => {
    const asked: unknown[] = [];
    let isLeader = true;
    const contact = new LeaderContact({
      assignment: () => ({
        isLeader,
        leaderUrl: "http://leader/",
        protocolVersion: 2,
        failed: false,
        generation: 1,
        configOffset: 0,
        leader: "member",
        work: NO_WORK,
        revoked: NO_WORK,
        delayMs: 0,
      }),
      sessionKey: () => ({ key: Buffer.from("k"), algorithm: "HmacSHA256", createdMs: 0 }),
      algorithm: "HmacSHA256",
      here: {
        putTaskConfigs: async () => undefined,
        fenceZombies: async (connector) => void asked.push(["here", connector]),
      },
      requests: {
        putTaskConfigs: async () => undefined,
        fenceZombies: async (url, connector, signing) =>
          void asked.push([url, connector, signing?.key.toString()]),
      },
    });
    await contact.fenceZombies("c");
    isLeader = false;
    await contact.fenceZombies("c");
    expect(asked).toEqual([
      ["here", "c"],
      ["http://leader/", "c", "k"],
    ]);
  });
});
