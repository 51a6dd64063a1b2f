import { type FamilyMemory, mayBeSame, MOST_REMEMBERED, setBounded } from "./family-memory.ts";
import type { ReadFile } from "./offset.ts";
import { TrackedFile } from "./tracked-file.ts";

/** So many are remembered even while no scan finds them: they may be about to be compressed. */
const ANYWAY = 32;

/**
 * The files that are watched. Those that follow each other under one path share its partition and
 * form a line: only the first of it is read, so that offsets of a partition never go back.
 */
export class FileSet {
  readonly memory: FamilyMemory;
  readonly #byId = new Map<string, TrackedFile>();
  /** The first ones; the others follow. */
  readonly #lines = new Map<string, TrackedFile>();
  /** Those that nobody has followed yet, by key. */
  readonly #left = new Map<string, readonly ReadFile[]>();
  /** A family of one, as most are, needs no set. */
  readonly #families = new Map<string, TrackedFile | Set<TrackedFile>>();

  constructor(memory: FamilyMemory) {
    this.memory = memory;
  }

  get size(): number {
    return this.#byId.size;
  }

  all(): IterableIterator<TrackedFile> {
    return this.#byId.values();
  }

  get(id: string): TrackedFile | undefined {
    return this.#byId.get(id);
  }

  /** Watched files of a family. */
  relatives(family: string): Iterable<TrackedFile> {
    const relatives = this.#families.get(family) ?? [];
    return relatives instanceof TrackedFile ? [relatives] : relatives;
  }

  /** The file of a partition that is read. */
  first(key: string): TrackedFile | undefined {
    return this.#lines.get(key);
  }

  /** True where no file of the same partition must be read before this one. */
  isFirst(file: TrackedFile): boolean {
    return this.first(file.key) === file;
  }

  /** The file that takes the partition of this one when it is done. */
  successor(file: TrackedFile): TrackedFile | undefined {
    return this.#lines.get(file.key)?.follower ?? undefined;
  }

  /** @param before the file that is to be read after this one; by default it is the last of its partition */
  add(file: TrackedFile, before?: TrackedFile): void {
    if (file.readAs !== null) this.memory.forget(file.family, file.readAs);
    file.readAs = null;
    this.#byId.set(file.id, file);
    const relatives = this.#families.get(file.family);
    if (relatives instanceof Set) relatives.add(file);
    else this.#families.set(file.family, relatives ? new Set([relatives, file]) : file);
    this.#join(file, before);
  }

  /** No longer watched. */
  remove(file: TrackedFile): void {
    this.#byId.delete(file.id);
    const relatives = this.#families.get(file.family);
    if (relatives instanceof Set) relatives.delete(file);
    if (relatives === file || (relatives instanceof Set && relatives.size === 0)) {
      this.#families.delete(file.family);
    }
    this.#leaveLine(file);
  }

  /** Everything was read under the old name: it goes on under that it has now. */
  rename(file: TrackedFile): void {
    this.#leaveLine(file);
    file.key = file.path;
    file.before = [];
    this.#join(file);
  }

  /**
   * What the file that follows one has to remember: that one, and those before it that a scan may
   * find again, under whatever name.
   */
  after(file: TrackedFile): ReadFile[] {
    const { inode, fingerprint, guard, version, position, before, family } = file;
    const relatives = [...this.relatives(family)];
    const stillThere = before.filter(
      (read, i) => i < ANYWAY || relatives.some((relative) => mayBeSame(read, relative)),
    );
    const own = position > 0 ? [{ inode, fingerprint, guard, version, position }] : [];
    return distinct([...own, ...stillThere]);
  }

  #join(file: TrackedFile, before?: TrackedFile): void {
    const { key } = file;
    const first = this.#lines.get(key);
    if (first !== undefined) {
      // Whatever is committed under the key must name all of them.
      if (before !== undefined) file.before = distinct([...file.before, ...before.before]);
      if (first === before) {
        file.follower = first;
        this.#lines.set(key, file);
        return;
      }
      const ahead = predecessor(first, before ?? null);
      file.follower = ahead.follower;
      ahead.follower = file;
      return;
    }
    this.#lines.set(key, file);
    const left = this.#left.get(key);
    if (left === undefined) return;
    file.before = distinct([...left, ...file.before]);
    this.#left.delete(key);
  }

  #leaveLine(file: TrackedFile): void {
    const { key, follower } = file;
    const first = this.#lines.get(key);
    if (first === undefined) return;
    file.follower = null;
    if (first !== file) {
      predecessor(first, file).follower = follower;
      return;
    }
    if (follower === null) this.#lines.delete(key);
    else this.#lines.set(key, follower);
    // Files to be ingested do not become others.
    if (file.version !== null) return;
    if (follower === null) setBounded(this.#left, key, this.after(file));
    else follower.before = distinct([...this.after(file), ...follower.before]);
  }
}

/** The file that another one follows, or after which nobody does. */
function predecessor(first: TrackedFile, of: TrackedFile | null): TrackedFile {
  let file = first;
  while (file.follower !== of && file.follower !== null) file = file.follower;
  return file;
}

/** The first of those that are the same; as many as are remembered. */
function distinct(files: readonly ReadFile[]): ReadFile[] {
  const seen = new Map<string, ReadFile>();
  for (const file of files) {
    const key = `${file.inode}/${file.fingerprint.hash}`;
    if (!seen.has(key)) seen.set(key, file);
  }
  return [...seen.values()].slice(0, MOST_REMEMBERED);
}
