/** Which broker coordinates a group or a transactional id, remembered until someone finds it wrong. */
export type CoordinatorKind = "group" | "transaction";

/** @returns the coordinator's node id */
export type FindCoordinator = (kind: CoordinatorKind, key: string) => Promise<number>;

export class Coordinators {
  readonly #find: FindCoordinator;
  readonly #known = new Map<string, Promise<number>>();

  constructor(find: FindCoordinator) {
    this.#find = find;
  }

  get(kind: CoordinatorKind, key: string): Promise<number> {
    const id = `${kind}/${key}`;
    let found = this.#known.get(id);
    if (found === undefined) {
      found = this.#find(kind, key);
      this.#known.set(id, found);
      found.catch(() => this.#known.delete(id));
    }
    return found;
  }

  forget(kind: CoordinatorKind, key: string): void {
    this.#known.delete(`${kind}/${key}`);
  }
}
