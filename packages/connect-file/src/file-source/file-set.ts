import { type FamilyMemory, mayBeSame, MOST_REMEMBERED, setBounded } from "./family-memory.ts";
import type { ReadFile } from "./offset.ts";
import type { TrackedFile } from "./tracked-file.ts";

/** So many are remembered even while no scan finds them: they may be about to be compressed. */
const ANYWAY = 32;

/**
 * The files that are watched. Those that follow each other under one path share its partition and
 * form a line: only the first of it is read, so that offsets of a partition never go back.
 */
export class FileSet {
  readonly memory: FamilyMemory;
  readonly #byId = new Map<string, TrackedFile>();
  readonly #lines = new Map<string, TrackedFile[]>();
  /** Those that nobody has followed yet, by key. */
  readonly #left = new Map<string, readonly ReadFile[]>();
  readonly #families = new Map<string, Set<TrackedFile>>();

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
  relatives(family: string): ReadonlySet<TrackedFile> {
    return this.#families.get(family) ?? NOBODY;
  }

  /** The file of a partition that is read. */
  first(key: string): TrackedFile | undefined {
    return this.#lines.get(key)?.[0];
  }

  /** True where no file of the same partition must be read before this one. */
  isFirst(file: TrackedFile): boolean {
    return this.first(file.key) === file;
  }

  /** The file that takes the partition of this one when it is done. */
  successor(file: TrackedFile): TrackedFile | undefined {
    return this.#lines.get(file.key)?.[1];
  }

  /** @param before the file that is to be read after this one; by default it is the last of its partition */
  add(file: TrackedFile, before?: TrackedFile): void {
    this.#byId.set(file.id, file);
    const relatives = this.#families.get(file.family);
    if (relatives === undefined) this.#families.set(file.family, new Set([file]));
    else relatives.add(file);
    this.#join(file, before);
  }

  /** No longer watched. */
  remove(file: TrackedFile): void {
    this.#byId.delete(file.id);
    const relatives = this.#families.get(file.family);
    relatives?.delete(file);
    if (relatives?.size === 0) this.#families.delete(file.family);
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
    const line = this.#lines.get(key);
    if (line !== undefined) {
      // Whatever is committed under the key must name all of them.
      if (before !== undefined) file.before = distinct([...file.before, ...before.before]);
      line.splice(before === undefined ? line.length : line.indexOf(before), 0, file);
      return;
    }
    this.#lines.set(key, [file]);
    file.before = distinct([...(this.#left.get(key) ?? []), ...file.before]);
    this.#left.delete(key);
  }

  #leaveLine(file: TrackedFile): void {
    const line = this.#lines.get(file.key);
    const at = line?.indexOf(file) ?? -1;
    if (line === undefined || at === -1) return;
    const [, next] = at === 0 ? line : [];
    line.splice(at, 1);
    if (line.length === 0) this.#lines.delete(file.key);
    // Files to be ingested do not become others.
    if (file.version !== null) return;
    if (next !== undefined) next.before = distinct([...this.after(file), ...next.before]);
    else if (at === 0) setBounded(this.#left, file.key, this.after(file));
  }
}

const NOBODY: ReadonlySet<TrackedFile> = new Set();

/** The first of those that are the same; as many as are remembered. */
function distinct(files: readonly ReadFile[]): ReadFile[] {
  const seen = new Map<string, ReadFile>();
  for (const file of files) {
    const key = `${file.inode}/${file.fingerprint.hash}`;
    if (!seen.has(key)) seen.set(key, file);
  }
  return [...seen.values()].slice(0, MOST_REMEMBERED);
}
