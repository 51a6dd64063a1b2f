/** A shared thread as a place for one more unit. */
export interface Place {
  /** Share of time in which its event loop was busy lately, 0 to 1. */
  readonly load: number;
  /** For each unit in it, how long ago it was placed there. */
  readonly unitAgesMs: readonly number[];
}

/** Over how long a thread's load is measured: a unit placed later has not shown its own yet. */
export const LOAD_WINDOW_MS = 10_000;

/** What a unit counts for that was placed just now. It fades while the measured load takes over. */
const NEWCOMER_LOAD = 0.25;

/** Loads closer than this are taken for equal. */
const LOAD_STEP = 0.05;

/**
 * Chooses where a new unit goes: an idle thread before a new one, a new one before one
 * that has work, and else the one with the least load; of equals that with fewer units.
 * @returns undefined for a new thread
 */
export function choosePlace<P extends Place>(places: readonly P[], max: number): P | undefined {
  const idle = places.find(({ unitAgesMs }) => unitAgesMs.length === 0);
  if (idle !== undefined) return idle;
  if (places.length < max) return undefined;
  return places.reduce((best, place) => (comparePlaces(place, best) < 0 ? place : best));
}

function comparePlaces(a: Place, b: Place): number {
  return expectedLoad(a) - expectedLoad(b) || a.unitAgesMs.length - b.unitAgesMs.length;
}

function expectedLoad({ load, unitAgesMs }: Place): number {
  const newcomers = unitAgesMs.reduce(
    (sum, ageMs) => sum + NEWCOMER_LOAD * Math.max(0, 1 - ageMs / LOAD_WINDOW_MS),
    0,
  );
  return Math.round((load + newcomers) / LOAD_STEP);
}
