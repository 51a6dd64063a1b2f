import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GroupModel } from "../../test/support/group-model.ts";
import { KINDS, noUnits } from "./units.ts";
import type { Kind, Units } from "./units.ts";

type Step =
  | { what: "join" | "broken" }
  | { what: "crash" | "goodbye" | "duplicate"; which: number }
  | { what: "create" | "resize" | "delete"; which: number; tasks: number }
  | { what: "pass"; ms: number };

const which = fc.nat({ max: 50 });
const tasks = fc.nat({ max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ what: fc.constantFrom("join" as const, "broken" as const) }),
  fc.record({
    what: fc.constantFrom("crash" as const, "goodbye" as const, "duplicate" as const),
    which,
  }),
  fc.record({
    what: fc.constantFrom("create" as const, "resize" as const, "delete" as const),
    which,
    tasks,
  }),
  fc.record({ what: fc.constant("pass" as const), ms: fc.nat({ max: 2000 }) }),
);

class Walk {
  readonly model: GroupModel;
  #names = 0;

  constructor(maxDelayMs: number, workers = 1) {
    this.model = new GroupModel(maxDelayMs);
    for (let i = 0; i < workers; i++) this.do({ what: "join" });
  }

  do(step: Step): void {
    const { model } = this;
    const pick = (keys: Iterable<string>, at: number): string | undefined => {
      const all = [...keys];
      return all[at % all.length];
    };
    switch (step.what) {
      case "join":
        return model.join(`w${this.#names++}`);
      case "broken":
        return model.brokenRound();
      case "crash":
      case "goodbye":
        // The last worker stays: there is no group without one.
        if (model.workers.size > 1) model[step.what](pick(model.workers.keys(), step.which)!);
        return;
      case "create":
        return void model.configured.set(`c${this.#names++}`, step.tasks);
      case "resize":
      case "delete": {
        const connector = pick(model.configured.keys(), step.which);
        if (connector === undefined) return;
        if (step.what === "delete") model.configured.delete(connector);
        else model.configured.set(connector, step.tasks);
        return;
      }
      case "duplicate": {
        // A worker that was thought gone comes back with what another runs by now.
        const [first, second] = model.workers.values();
        const unit = pick(first?.running.tasks ?? [], step.which);
        if (unit !== undefined) second?.running.tasks.add(unit);
        return;
      }
      case "pass":
        return model.pass(step.ms);
    }
  }
}

/** Everything that is to run runs in one place, and nothing else runs. */
function expectComplete(model: GroupModel): void {
  const wanted = model.wanted();
  for (const kind of KINDS) {
    const running = [...model.workers.values()].flatMap((worker) => [...worker.running[kind]]);
    expect(running.sort()).toEqual([...wanted[kind]].sort());
  }
}

/** How many more of a kind the busiest worker has than the idlest. */
function unevenness(model: GroupModel): number {
  return Math.max(...KINDS.map((kind) => model.loads(kind)[0]! - model.loads(kind).at(-1)!));
}

/** A worker will have nothing of this kind, and another at least two. */
function leavesOneIdle(model: GroupModel, kind: Kind): boolean {
  const wanted = model.wanted()[kind];
  const loads = Array.from(
    model.workers.values(),
    ({ running }) => [...running[kind]].filter((unit) => wanted.has(unit)).length,
  );
  const unassigned = wanted.size - loads.reduce((a, b) => a + b);
  return loads.filter((load) => load === 0).length > unassigned && Math.max(...loads) > 1;
}

const count = ({ connectors, tasks }: Units): number => connectors.size + tasks.size;

function clusterOf(workers: number, connectors: number, tasksEach: number, maxDelayMs = 0): Walk {
  const walk = new Walk(maxDelayMs, workers);
  for (let i = 0; i < connectors; i++) walk.do({ what: "create", which: 0, tasks: tasksEach });
  walk.model.settle();
  return walk;
}

describe.each([0, 1000])("whatever happens, with a delay of %i ms", (maxDelayMs) => {
  test("everything runs in the end, once; nothing unknown is assigned; it ends within a few rounds", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const walk = new Walk(maxDelayMs);
        const { model } = walk;
        for (const one of steps) {
          walk.do(one);
          if (one.what === "broken" || one.what === "pass") continue;
          for (const { decision } of model.rebalance()) {
            const wanted = model.wanted();
            for (const { connectors, tasks } of decision.assigned.values()) {
              expect(connectors.filter((name) => !wanted.connectors.has(name))).toEqual([]);
              for (const { connector, task } of tasks)
                expect(wanted.tasks.has(`${connector}-${task}`)).toBe(true);
            }
            expect(decision.delayMs).toBeLessThanOrEqual(maxDelayMs);
          }
          for (const kind of KINDS)
            for (const unit of model.wanted()[kind])
              expect(model.owners(kind, unit).length).toBeLessThanOrEqual(1);
        }
        model.settle();
        expectComplete(model);
      }),
      { numRuns: 300 },
    );
  });

  test("after members came or went, the work lies evenly", () => {
    const change = fc.oneof(
      fc.record({ what: fc.constant("join" as const) }),
      fc.record({ what: fc.constantFrom("crash" as const, "goodbye" as const), which }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), change, (steps, last) => {
        const walk = new Walk(maxDelayMs, 2);
        for (const one of steps) {
          walk.do(one);
          walk.model.rebalance();
        }
        walk.model.settle();
        const before = walk.model.workers.size;
        walk.do(last);
        fc.pre(walk.model.workers.size !== before);
        walk.model.settle();
        expectComplete(walk.model);
        expect(unevenness(walk.model)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });

  test("a connector that comes, goes or changes its tasks stops no other, unless a worker is left with nothing", () => {
    const change = fc.record({
      what: fc.constantFrom("create" as const, "delete" as const, "resize" as const),
      which,
      tasks,
    });
    fc.assert(
      fc.property(
        fc.nat({ max: 4 }),
        fc.nat({ max: 12 }),
        fc.array(change),
        (more, size, changes) => {
          const walk = clusterOf(1 + more, size, 3, maxDelayMs);
          const { model } = walk;
          for (const one of changes) {
            walk.do(one);
            const mayMove = KINDS.filter((kind) => leavesOneIdle(model, kind));
            const moved = model.settle().map((round) => round.moved);
            const had = KINDS.filter((kind) => moved.some((units) => units[kind].size > 0));
            expect(mayMove).toEqual(expect.arrayContaining(had));
            expectComplete(model);
          }
        },
      ),
    );
  });
});

describe("100 connectors with 4 tasks each on 3 workers", () => {
  test("one more connector moves none of the 400 tasks; nor does it go", () => {
    const { model } = clusterOf(3, 100, 4);
    expect(model.loads("tasks")).toEqual([134, 133, 133]);
    expect(model.loads("connectors")).toEqual([34, 33, 33]);
    model.configured.set("one-more", 4);
    const rounds = model.settle();
    expect(rounds).toHaveLength(1);
    expect(rounds[0]?.moved).toEqual(noUnits());
    expect(model.loads("tasks")).toEqual([135, 135, 134]);
    model.configured.delete("one-more");
    const without = model.settle();
    expect(without).toHaveLength(2); // what was deleted is stopped, and then all join again
    expect(without.map(({ moved }) => count(moved))).toEqual([0, 0]);
    expectComplete(model);
  });

  test("a fourth worker gets its share, and no more than that moves", () => {
    const { model } = clusterOf(3, 100, 4);
    model.join("fourth");
    const rounds = model.settle();
    expect(rounds.map(({ moved }) => [moved.connectors.size, moved.tasks.size])).toEqual([
      [25, 100],
      [0, 0],
    ]);
    expect(model.loads("tasks")).toEqual([100, 100, 100, 100]);
    expectComplete(model);
  });

  test("a worker that deletions left with nothing gets its share again", () => {
    const { model } = clusterOf(2, 8, 0);
    for (const connector of model.running("w1").connectors) model.configured.delete(connector);
    const rounds = model.settle();
    expect(rounds.map(({ moved }) => moved.connectors.size)).toEqual([2, 0]);
    expect(model.loads("connectors")).toEqual([2, 2]);
    // Uneven, but nobody idles: nothing is stopped for that.
    for (const connector of [...model.running("w1").connectors].slice(1))
      model.configured.delete(connector);
    model.settle();
    expect(model.loads("connectors")).toEqual([2, 1]);
  });

  test("two workers that come one after the other, the second amid the move", () => {
    const { model } = clusterOf(3, 100, 4, 300_000);
    model.join("fourth");
    model.round();
    model.join("fifth");
    const second = model.round();
    // Not twice in a row: what is on the move now is placed first.
    expect(count(second.moved)).toBe(0);
    expect(second.decision.delayMs).toBe(40);
    model.settle();
    expect(unevenness(model)).toBeLessThanOrEqual(1);
    expectComplete(model);
  });
});

describe("a worker that is lost", () => {
  const crashed = (): { model: GroupModel; lost: Units } => {
    const { model } = clusterOf(3, 3, 4, 300_000);
    const lost = model.crash("w2");
    model.rebalance();
    return { model, lost };
  };

  test("its work waits for the delay, which counts down whatever happens meanwhile", () => {
    const { model, lost } = crashed();
    expect(count(lost)).toBe(5);
    expect(model.rejoinAt).toBe(300_000);
    model.pass(100_000);
    model.configured.set("new", 2);
    const [round] = model.rebalance();
    expect(round?.decision.delayMs).toBe(200_000);
    expect(model.loads("tasks")).toEqual([5, 5]);
    model.pass(199_999);
    for (const unit of lost.tasks) expect(model.owners("tasks", unit)).toEqual([]);
    model.pass(1);
    expectComplete(model);
    expect(unevenness(model)).toBeLessThanOrEqual(1);
  });

  test("one that comes back with nothing gets it back, when the delay is over", () => {
    const { model, lost } = crashed();
    model.pass(20_000);
    model.join("w2-again");
    model.rebalance();
    expect(model.rejoinAt).toBe(300_000);
    model.pass(280_000);
    expect(model.running("w2-again")).toEqual(lost);
    expectComplete(model);
  });

  test("one of two that comes back leaves the others their share", () => {
    const { model } = clusterOf(3, 6, 4, 300_000);
    model.crash("w1");
    model.crash("w2");
    model.rebalance();
    model.join("w2-again");
    model.settle();
    expect(model.now).toBe(300_000);
    expect(model.loads("tasks")).toEqual([12, 12]);
    expectComplete(model);
  });

  test("work that was deleted meanwhile is not brought back", () => {
    const { model } = crashed();
    model.configured.clear();
    model.settle();
    expectComplete(model);
    expect(model.now).toBe(0);
  });

  test("without a delay it goes to the others at once", () => {
    const { model } = clusterOf(3, 3, 4, 0);
    model.crash("w2");
    expect(model.rebalance()).toHaveLength(1);
    expectComplete(model);
    expect(model.loads("tasks")).toEqual([6, 6]);
  });

  test("one that says good-bye causes no delay", () => {
    const { model } = clusterOf(3, 3, 4, 300_000);
    model.goodbye("w2");
    expect(model.rebalance()).toHaveLength(1);
    expect(model.rejoinAt).toBeUndefined();
    expectComplete(model);
    expect(model.loads("tasks")).toEqual([6, 6]);
  });

  test("what it did not stop before it went waits, and the rest does not", () => {
    const { model } = clusterOf(3, 3, 4, 300_000);
    const { tasks } = model.running("w2");
    const [stuck] = tasks;
    model.goodbye("w2");
    model.released.tasks.delete(stuck!);
    model.rebalance();
    expect(model.rejoinAt).toBe(300_000);
    expect(model.owners("tasks", stuck!)).toEqual([]);
    expect(model.loads("tasks")).toEqual([6, 5]);
    model.settle();
    expectComplete(model);
  });

  test("one that is lost as the leader: its successor knows of no delay", () => {
    const { model } = clusterOf(3, 3, 4, 300_000);
    model.crash("w0");
    model.settle();
    expect(model.now).toBe(0);
    expectComplete(model);
    expect(unevenness(model)).toBeLessThanOrEqual(1);
  });

  test("an assignment that did not arrive is repeated without a delay", () => {
    const { model } = clusterOf(3, 3, 4, 300_000);
    model.workers.get("w1")!.running = noUnits();
    model.rebalance();
    expect(model.rejoinAt).toBeUndefined();
    expectComplete(model);
  });

  test("a rebalance that was broken off starts no delay and forgets none", () => {
    const { model } = crashed();
    model.now += 1000;
    model.brokenRound();
    const [round] = model.rebalance();
    expect(round?.decision.delayMs).toBe(299_000);
  });
});
