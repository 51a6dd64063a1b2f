import { isStarved, spread, surplus } from "./spread.ts";
import {
  addAll,
  filter,
  isNothing,
  KINDS,
  noUnits,
  taskOf,
  unitsOf,
  unitsOfSnapshot,
  without,
  workOf,
} from "./units.ts";
import type { Kind, Units } from "./units.ts";
import type { Work, WorkSnapshot } from "../store/work.ts";

export interface IncrementalAssignorOptions {
  /** Java: scheduled.rebalance.max.delay.ms. How long lost work waits for its worker to come back. */
  readonly maxDelayMs: number;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Whoever ran it has stopped it and said so: it need not wait for anybody. */
  readonly isReleased: (connector: string, task?: number) => boolean;
}

/** One rebalance, as its leader sees it. */
export interface Round {
  /** The one that this rebalance makes. */
  readonly generation: number;
  /** The last one that this worker took part in to its end; -1 for none. */
  readonly completedGeneration: number;
  readonly snapshot: WorkSnapshot;
  /** What each member runs now, by member id. */
  readonly running: ReadonlyMap<string, Work>;
}

export interface Decision {
  /** By member id, for every member. */
  readonly assigned: ReadonlyMap<string, Work>;
  readonly revoked: ReadonlyMap<string, Work>;
  /** What each member runs once all have done as they were told. */
  readonly owned: ReadonlyMap<string, Units>;
  /** After so many milliseconds the group has to rebalance again; 0: it need not. */
  readonly delayMs: number;
}

/** What a leader remembers of a round for the next one. */
interface Memory {
  readonly generation: number;
  readonly members: ReadonlySet<string>;
  /** Everything that was given out, and what waits for a lost worker. */
  readonly dealt: Units;
  /** When lost work waits no longer; undefined: none waits. */
  readonly lostUntil: number | undefined;
  /** The members have changed, and the work has not been evened out since. */
  readonly uneven: boolean;
  /** Work was revoked to even it out. */
  readonly revoked: boolean;
  /** How many rounds in a row wanted to do so. */
  readonly successive: number;
  /** No such revocation before this moment. */
  readonly evenAfter: number;
}

const FRESH: Memory = {
  generation: -1,
  members: new Set(),
  dealt: noUnits(),
  lostUntil: undefined,
  uneven: true,
  revoked: false,
  successive: 0,
  evenAfter: -Infinity,
};

type Loads = Map<string, Units>;

/** What becomes of work that nobody runs any more; what does not wait goes to anybody. */
interface LostWork {
  /** Stays with nobody for now. */
  readonly waiting: Units;
  readonly lostUntil: number | undefined;
  readonly delayMs: number;
}

type Evenness = Pick<Memory, "uneven" | "revoked" | "successive" | "evenAfter">;

interface Evening {
  readonly memory: Evenness;
  readonly delayMs: number;
}

const EVEN: Evenness = { uneven: false, revoked: false, successive: 0, evenAfter: -Infinity };

/** Each revocation that follows another waits so many times longer, in milliseconds, from 40. */
const FACTOR = 40;

/**
 * Changes as little as possible from rebalance to rebalance (KIP-415; Java:
 * `IncrementalCooperativeAssignor`). What it moves it revokes in one round and gives out in the
 * next. Where it goes beyond Java, docs/adr/20261127-assignment-beyond-java.md says why.
 */
export class IncrementalAssignor {
  readonly #options: IncrementalAssignorOptions;
  /** Of the last round that was finished, and of the one that was decided last. */
  #finished: Memory = FRESH;
  #decided: Memory = FRESH;

  constructor(options: IncrementalAssignorOptions) {
    this.#options = options;
  }

  /** A member of the last round is not here: whether it released its work matters now. */
  misses({
    completedGeneration,
    running,
  }: Pick<Round, "completedGeneration" | "running">): boolean {
    return [...this.#recall(completedGeneration).members].some((member) => !running.has(member));
  }

  /** In this rebalance nothing is dealt out or taken: what is known stays. */
  skip({
    generation,
    completedGeneration,
  }: Pick<Round, "generation" | "completedGeneration">): void {
    this.#decided = { ...this.#recall(completedGeneration), generation };
  }

  assign(round: Round): Decision {
    const before = this.#recall(round.completedGeneration);
    const configured = unitsOfSnapshot(round.snapshot);
    const active = new Map(Array.from(round.running, ([id, work]) => [id, unitsOf(work)]));
    const anywhere = noUnits();
    for (const units of active.values()) addAll(anywhere, units);
    const idle = filter(configured, (kind, unit) => !anywhere[kind].has(unit));

    const loads = keepable(active, configured);
    const lost = this.#lost(
      before,
      filter(idle, (kind, unit) => before.dealt[kind].has(unit)),
      loads,
    );
    const evening = this.#even(before, configured, loads, lost);
    // A worker that came back has nothing, and therefore gets first what was its own.
    deal(without(idle, lost.waiting), loads);

    const dealt = noUnits();
    for (const units of loads.values()) addAll(dealt, units);
    addAll(dealt, lost.waiting);
    this.#decided = {
      generation: round.generation,
      members: new Set(loads.keys()),
      dealt,
      lostUntil: lost.lostUntil,
      ...evening.memory,
    };
    return {
      assigned: difference(loads, active),
      revoked: difference(active, loads),
      owned: loads,
      delayMs: Math.ceil(Math.max(lost.delayMs, evening.delayMs)),
    };
  }

  /**
   * What was decided last holds only if that rebalance was finished: one that another member broke
   * off changed nothing. Where somebody else has led meanwhile, nothing is known.
   */
  #recall(completedGeneration: number): Memory {
    if (this.#decided.generation === completedGeneration) this.#finished = this.#decided;
    return this.#finished.generation === completedGeneration ? this.#finished : FRESH;
  }

  /** Who gets what was dealt out and nobody runs any more, and when. */
  #lost(before: Memory, lost: Units, loads: Loads): LostWork {
    const { maxDelayMs, isReleased, now } = this.#options;
    const settled: LostWork = { waiting: noUnits(), lostUntil: undefined, delayMs: 0 };
    const held = filter(lost, (kind, unit) => {
      if (kind === "connectors") return !isReleased(unit);
      const { connector, task } = taskOf(unit);
      return !isReleased(connector, task);
    });
    if (isNothing(held) || maxDelayMs === 0) return settled;
    // Nobody is missing: an assignment did not reach its worker.
    const complete = [...before.members].every((member) => loads.has(member));
    if (before.lostUntil === undefined && complete) return settled;

    const lostUntil = before.lostUntil ?? now() + maxDelayMs;
    const delayMs = lostUntil - now();
    return delayMs > 0 ? { waiting: held, lostUntil, delayMs } : settled;
  }

  /** Takes from `loads` what others have to get, so that all have equally much. */
  #even(before: Memory, configured: Units, loads: Loads, lost: LostWork): Evening {
    const uneven = before.uneven || !sameMembers(before.members, loads);
    // While work waits nobody knows yet who will be there.
    let { successive } = before;
    const postponed: Evenness = { ...EVEN, uneven, successive, evenAfter: before.evenAfter };
    if (lost.delayMs > 0) return { memory: postponed, delayMs: 0 };
    const taken = KINDS.map(
      (kind) => [kind, tooMuch(kind, configured[kind].size, loads, uneven)] as const,
    );
    if (taken.every(([, { size }]) => size === 0)) return { memory: EVEN, delayMs: 0 };

    const now = this.#options.now();
    let wait = before.evenAfter - now;
    if (before.revoked) wait = Math.min(this.#options.maxDelayMs, FACTOR ** ++successive);
    if (wait > 0)
      return { memory: { ...postponed, successive, evenAfter: now + wait }, delayMs: wait };
    for (const [kind, from] of taken)
      for (const [member, units] of from)
        for (const unit of units) loads.get(member)?.[kind].delete(unit);
    return { memory: { uneven, revoked: true, successive, evenAfter: -Infinity }, delayMs: 0 };
  }
}

/** What each member runs, of what there is to run; what several run, each has to stop. */
function keepable(active: ReadonlyMap<string, Units>, configured: Units): Loads {
  const once = noUnits();
  const twice = noUnits();
  for (const units of active.values()) {
    for (const kind of KINDS)
      for (const unit of units[kind]) (once[kind].has(unit) ? twice : once)[kind].add(unit);
  }
  const keep = (kind: Kind, unit: string): boolean =>
    configured[kind].has(unit) && !twice[kind].has(unit);
  return new Map(Array.from(active, ([id, units]) => [id, filter(units, keep)]));
}

function tooMuch(kind: Kind, total: number, loads: Loads, uneven: boolean): Map<string, string[]> {
  const ofKind = new Map(Array.from(loads, ([id, units]) => [id, units[kind]]));
  const dealt = Array.from(ofKind.values(), ({ size }) => size).reduce((a, b) => a + b, 0);
  return uneven || isStarved(total - dealt, ofKind) ? surplus(total, ofKind) : new Map();
}

function deal(units: Units, loads: Loads): void {
  for (const kind of KINDS)
    spread(units[kind], new Map(Array.from(loads, ([id, load]) => [id, load[kind]])));
}

function sameMembers(members: ReadonlySet<string>, loads: Loads): boolean {
  return members.size === loads.size && [...members].every((id) => loads.has(id));
}

/** What each member has in the one, and not in the other. */
function difference(
  from: ReadonlyMap<string, Units>,
  other: ReadonlyMap<string, Units>,
): Map<string, Work> {
  return new Map(
    Array.from(from, ([id, units]) => [id, workOf(without(units, other.get(id) ?? noUnits()))]),
  );
}
