import { IncrementalAssignor } from "../../src/group/incremental-assignor.ts";
import type { Decision } from "../../src/group/incremental-assignor.ts";
import {
  addAll,
  isNothing,
  KINDS,
  noUnits,
  taskName,
  unitsOf,
  unitsOfSnapshot,
  without,
  workOf,
} from "../../src/group/units.ts";
import type { Kind, Units } from "../../src/group/units.ts";
import type { WorkSnapshot } from "../../src/store/work.ts";

interface ModelWorker {
  assignor: IncrementalAssignor;
  completedGeneration: number;
  running: Units;
}

/** What one rebalance of the model did. */
export interface ModelRound {
  decision: Decision;
  /** What was to be stopped though it is to run. */
  moved: Units;
}

/** A group of workers without Kafka: members, a config topic, and time. Workers do as they are told. */
export class GroupModel {
  now = 0;
  /** Number of tasks by connector. */
  readonly configured = new Map<string, number>();
  /** In the order of joining: the first leads. */
  readonly workers = new Map<string, ModelWorker>();
  /** What the status topic says of it: UNASSIGNED. */
  readonly released = noUnits();
  /** When the group rebalances by itself; undefined: not. */
  rejoinAt: number | undefined;
  #generation = 0;
  #offset = 0;
  readonly #maxDelayMs: number;

  constructor(maxDelayMs: number) {
    this.#maxDelayMs = maxDelayMs;
  }

  join(id: string): void {
    const assignor = new IncrementalAssignor({
      maxDelayMs: this.#maxDelayMs,
      now: () => this.now,
      isReleased: (connector, task) =>
        task === undefined
          ? this.released.connectors.has(connector)
          : this.released.tasks.has(taskName({ connector, task })),
    });
    this.workers.set(id, { assignor, completedGeneration: -1, running: noUnits() });
  }

  /** @returns what it ran */
  crash(id: string): Units {
    const running = this.workers.get(id)?.running ?? noUnits();
    this.workers.delete(id);
    return running;
  }

  /** Stops its work, says so in the status topic, and leaves. */
  goodbye(id: string): void {
    addAll(this.released, this.crash(id));
  }

  snapshot(): WorkSnapshot {
    const { configured } = this;
    return {
      offset: ++this.#offset,
      connectors: () => configured.keys(),
      has: (connector) => configured.has(connector),
      taskCount: (connector) => configured.get(connector) ?? 0,
    };
  }

  /** What is to run. */
  wanted(): Units {
    return unitsOfSnapshot(this.snapshot());
  }

  running(id: string): Units {
    return this.workers.get(id)?.running ?? noUnits();
  }

  /** One rebalance that ends before anybody is told. */
  brokenRound(): void {
    this.#decide();
  }

  round(): ModelRound {
    const decision = this.#decide();
    const moved = noUnits();
    for (const [id, worker] of this.workers) {
      const revoked = unitsOf(decision.revoked.get(id)!);
      const assigned = unitsOf(decision.assigned.get(id)!);
      addAll(moved, revoked);
      for (const kind of KINDS) {
        for (const unit of revoked[kind]) this.released[kind].add(unit);
        for (const unit of assigned[kind]) this.released[kind].delete(unit);
      }
      worker.running = without(worker.running, revoked);
      addAll(worker.running, assigned);
      worker.completedGeneration = this.#generation;
    }
    this.rejoinAt = decision.delayMs > 0 ? this.now + decision.delayMs : undefined;
    return { decision, moved: without(moved, without(moved, this.wanted())) };
  }

  /** Rebalances until nobody has to stop anything, as workers do that had to. @returns the rounds */
  rebalance(): ModelRound[] {
    const rounds: ModelRound[] = [];
    if (this.workers.size === 0) return rounds;
    do {
      rounds.push(this.round());
      if (rounds.length > 6) throw new Error("The group rebalances for ever");
    } while (
      [...rounds.at(-1)!.decision.revoked.values()].some((work) => !isNothing(unitsOf(work)))
    );
    return rounds;
  }

  /** Rebalances now, and whenever the group wants to after that, until it does not. */
  settle(): ModelRound[] {
    const rounds = this.rebalance();
    for (let waits = 0; this.rejoinAt !== undefined; waits++) {
      if (waits > 6) throw new Error("The group delays for ever");
      this.now = this.rejoinAt;
      rounds.push(...this.rebalance());
    }
    return rounds;
  }

  /** Time passes; the group rebalances where it wanted to. */
  pass(ms: number): void {
    const end = this.now + ms;
    while (this.rejoinAt !== undefined && this.rejoinAt <= end && this.workers.size > 0) {
      this.now = this.rejoinAt;
      this.rebalance();
    }
    this.now = end;
  }

  /** Who runs it; more than one is what must not be. */
  owners(kind: Kind, unit: string): string[] {
    return [...this.workers].filter(([, { running }]) => running[kind].has(unit)).map(([id]) => id);
  }

  /** How many of a kind each worker runs, most first. */
  loads(kind: Kind): number[] {
    return Array.from(this.workers.values(), ({ running }) => running[kind].size).sort(
      (a, b) => b - a,
    );
  }

  #decide(): Decision {
    const [leader] = this.workers.values();
    this.#generation++;
    return leader!.assignor.assign({
      generation: this.#generation,
      completedGeneration: leader!.completedGeneration,
      snapshot: this.snapshot(),
      running: new Map(Array.from(this.workers, ([id, { running }]) => [id, workOf(running)])),
    });
  }
}
