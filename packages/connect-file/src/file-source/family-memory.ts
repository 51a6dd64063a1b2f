import type { ReadFile } from "./offset.ts";

/** Of a file that is not there any more, or has other content. */
export interface Ghost extends ReadFile {
  /** Its partition. */
  readonly key: string;
}

/** More of one family than anybody keeps. */
export const MOST_REMEMBERED = 256;

const NONE: readonly Ghost[] = [];

/** Of more names nothing is remembered. */
const MOST_NAMES = 10_000;

/** Makes an entry the newest one, and forgets the oldest where there are too many. */
export function setBounded<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MOST_NAMES) map.delete(map.keys().next().value!);
}

/** What is remembered of files that have gone, by family: they may come back under another name, or compressed. */
export class FamilyMemory {
  readonly #ghosts = new Map<string, Ghost[]>();

  /** Another array whenever something has changed. */
  of(family: string): readonly Ghost[] {
    return this.#ghosts.get(family) ?? NONE;
  }

  /** What is known already counts where it says more: stored offsets may lag behind. */
  remember(family: string, ghost: Ghost): void {
    const others: Ghost[] = [];
    let latest = ghost;
    for (const known of this.of(family)) {
      const isSame =
        known.inode === ghost.inode && known.fingerprint.hash === ghost.fingerprint.hash;
      if (!isSame) others.push(known);
      else if (known.position > ghost.position) latest = known;
    }
    setBounded(this.#ghosts, family, [...others, latest].slice(-MOST_REMEMBERED));
  }

  forget(family: string, ghost: Ghost): void {
    const left = this.of(family).filter((other) => other !== ghost);
    if (left.length > 0) this.#ghosts.set(family, left);
    else this.#ghosts.delete(family);
  }
}

/** Whether two may be the same file under another name, or one the copy of the other. */
export function mayBeSame(a: ReadFile, b: ReadFile): boolean {
  if (a.inode === b.inode) return true;
  return a.fingerprint.bytes > 0 && a.fingerprint.hash === b.fingerprint.hash;
}
