/** One moment in the three units of an event. */
export interface Moment {
  readonly ms: number;
  readonly us: number;
  readonly ns: bigint;
}

/** A moment of so many microseconds since the epoch. */
export function momentOf(micros: number): Moment {
  return { ms: Math.floor(micros / 1000), us: micros, ns: BigInt(micros) * 1000n };
}

/** The time now, to the microsecond. */
export function now(): Moment {
  return momentOf(Math.round((performance.timeOrigin + performance.now()) * 1000));
}
