/** What each worker has of one kind, by member id. */
export type Loads = ReadonlyMap<string, Set<string>>;

/** Gives each unit to a worker with the fewest; of several, the first by member id. Changes the sets. */
export function spread(units: Iterable<string>, loads: Loads): void {
  const workers = [...loads].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, load]) => load);
  for (const unit of units) {
    let fewest = workers[0];
    for (const worker of workers) if (worker.size < (fewest?.size ?? 0)) fewest = worker;
    fewest?.add(unit);
  }
}

/**
 * What must be taken from whom, so that `total` units come to lie evenly once those that nobody has
 * are spread: no worker keeps more than one above the least (Java:
 * `IncrementalCooperativeAssignor.loadBalancingRevocations`).
 */
export function surplus(total: number, loads: Loads): Map<string, string[]> {
  const least = Math.floor(total / loads.size);
  let extra = total % loads.size;
  const taken = new Map<string, string[]>();
  for (const [worker, load] of loads) {
    if (load.size <= least) continue;
    const keeps = extra > 0 ? least + 1 : least;
    if (extra > 0) extra--;
    if (load.size > keeps) taken.set(worker, [...load].slice(0, load.size - keeps));
  }
  return taken;
}

/** One worker would have nothing, and another at least two, once `unassigned` units are spread. */
export function isStarved(unassigned: number, loads: Loads): boolean {
  const sizes = Array.from(loads.values(), ({ size }) => size);
  return sizes.filter((size) => size === 0).length > unassigned && sizes.some((size) => size > 1);
}
