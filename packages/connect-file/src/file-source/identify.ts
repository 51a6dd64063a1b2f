import { dirname } from "node:path";
import type { Logger, OffsetStorageReader, SourceOffset } from "@millrace/connect-api";
import { familyOf, isCompressed, uncompressedPath } from "./family.ts";
import type { Ghost } from "./family-memory.ts";
import type { FileSet } from "./file-set.ts";
import { Likeness, Moved, unlessMoved } from "./likeness.ts";
import { type Found, listFolder } from "./listing.ts";
import { type ReadFile, type StoredOffset, storedOffset, streamPartition } from "./offset.ts";
import { TrackedFile } from "./tracked-file.ts";

/** Offsets asked for at once. */
const ASKED_AT_ONCE = 1000;

/** How often files are looked for anew that were renamed meanwhile. */
const ATTEMPTS = 10;

export interface NewFile {
  readonly found: Found;
  /** Of a file to be ingested. */
  readonly version: string | null;
}

/** Finds out which of the files that have turned up were read before, and how far. */
export class Identification {
  readonly #files: FileSet;
  readonly #offsets: OffsetStorageReader;
  readonly #likeness: Likeness;
  readonly #logger: Logger;
  /** Paths of families whose offsets were looked at. */
  readonly #askedFamilies = new Set<string>();

  constructor(files: FileSet, offsets: OffsetStorageReader, logger: Logger) {
    this.#files = files;
    this.#offsets = offsets;
    this.#likeness = new Likeness(logger);
    this.#logger = logger;
  }

  /** Adds the files to those that are watched. @returns those that were added */
  async add(newFiles: readonly NewFile[]): Promise<TrackedFile[]> {
    const added: TrackedFile[] = [];
    for (let at = 0; at < newFiles.length; at += ASKED_AT_ONCE) {
      const some = newFiles.slice(at, at + ASKED_AT_ONCE);
      const stored = await this.#stored(some);
      const unknown: NewFile[] = [];
      // All that is stored must be known before anything counts as unknown.
      for (const newFile of some) {
        const file = await unlessMoved(() =>
          this.#resumed(newFile, stored.get(newFile.found.path)),
        );
        if (file === null) unknown.push(newFile);
        else if (file !== undefined) added.push(file);
      }
      for (const newFile of unknown) {
        const files = await unlessMoved(() =>
          this.#addUnknown(newFile, stored.get(newFile.found.path)),
        );
        added.push(...(files ?? []));
      }
    }
    return added;
  }

  async #addUnknown(
    { found, version }: NewFile,
    stored: StoredOffset | undefined,
  ): Promise<TrackedFile[]> {
    // It may be what another one of them was before.
    if (this.#files.get(found.id) !== undefined) return [];
    const file = new TrackedFile(found, version);
    if (stored?.file) {
      file.before = [{ ...stored.file, position: stored.position }, ...stored.before];
    }
    const known = this.#files.memory.of(file.family);
    await this.#recognise(file);
    const rest = await this.#findRest(file.key, file.family, file.readAs);
    if (this.#files.get(found.id) !== undefined) return [];
    // It was read and left by others meanwhile, or one of its relatives was: the next scan knows more.
    if (this.#files.memory.of(file.family) !== known) return [];
    this.#files.add(file);
    if (rest === null || this.#files.get(rest.id) !== undefined) return [file];
    this.#files.add(rest, this.#files.first(rest.key));
    return [file, rest];
  }

  /**
   * A file that was read under a key and lies elsewhere now, so that what came to it last may be
   * unread: rotated out of the patterns, or copied before it was cut short.
   */
  async findRest(key: string, family: string): Promise<TrackedFile | null> {
    return (await untilStill(() => this.#findRest(key, family))) ?? null;
  }

  /** @param found what was found already */
  async #findRest(
    key: string,
    family: string,
    found: Ghost | null = null,
  ): Promise<TrackedFile | null> {
    const { memory } = this.#files;
    const ghosts = memory
      .of(family)
      .filter((ghost) => ghost.key === key && ghost.version === null && ghost !== found);
    if (ghosts.length === 0) return null;
    const neighbours = await this.#untracked(key, family);
    for (const ghost of ghosts.toReversed()) {
      for (const neighbour of neighbours) {
        if (!(await this.#likeness.isAsRead(neighbour, ghost))) continue;
        const file = outside(neighbour, key);
        await this.#resumeBest(file, ghosts);
        return file;
      }
    }
    return null;
  }

  /**
   * Files that came after one that has gone from its path and were gone, too, before anybody saw
   * what was in them; the oldest first.
   */
  async findUnseen(file: TrackedFile): Promise<TrackedFile[]> {
    if (file.version !== null) return [];
    return (await untilStill(() => this.#findUnseen(file))) ?? [];
  }

  async #findUnseen({ key, family, inode }: TrackedFile): Promise<TrackedFile[]> {
    const all = (await listFolder(dirname(key))).filter(
      ({ path }) => path !== key && familyOf(path) === family && !isCompressed(path),
    );
    const last = all.find((found) => found.inode === inode);
    if (last === undefined) return [];
    const later = all
      .filter((found) => found.modifiedNs > last.modifiedNs)
      .toSorted((a, b) => (a.modifiedNs < b.modifiedNs ? -1 : 1));
    const unseen: TrackedFile[] = [];
    for (const found of later) {
      if (this.#files.get(found.id) !== undefined) continue;
      const file = outside(found, key);
      // It may have been seen, but not all of it, such as when it was empty.
      await this.#resumeBest(file, this.#files.memory.of(family));
      if (file.position < found.size) unseen.push(file);
    }
    return unseen;
  }

  async #untracked(key: string, family: string): Promise<Found[]> {
    return (await listFolder(dirname(key))).filter(
      ({ path, id }) =>
        path !== key && familyOf(path) === family && this.#files.get(id) === undefined,
    );
  }

  /**
   * Looks again at the copy of a file that went on being read: it takes its place when that is gone
   * or was cut short, and is a file of its own when they differ.
   */
  async lookAgain(copy: TrackedFile): Promise<void> {
    const original = copy.copyOf;
    copy.copyOf = null;
    try {
      await this.#recognise(copy);
      if (copy.readAs !== null) this.#files.memory.forget(copy.family, copy.readAs);
      copy.readAs = null;
    } catch (error) {
      if (!(error instanceof Moved)) throw error;
      copy.copyOf = original;
    }
  }

  /** What is stored for paths, their own or as Kafka's file source does, and for those of their families. */
  async #stored(files: readonly NewFile[]): Promise<ReadonlyMap<string, StoredOffset>> {
    const paths = new Set(files.map(({ found }) => found.path));
    const families = new Set(
      [...paths]
        .map(familyOf)
        .filter((family) => !paths.has(family) && !this.#askedFamilies.has(family)),
    );
    const asked = [...paths, ...families];
    const [own, streams] = await Promise.all([
      this.#offsets.offsets(asked.map((path) => ({ path }))),
      this.#offsets.offsets([...paths].map(streamPartition)),
    ]);
    const stored = new Map<string, StoredOffset>();
    asked.forEach((path, i) => {
      const offset: SourceOffset | null = own[i] ?? streams[i] ?? null;
      if (offset !== null) stored.set(path, storedOffset(path, offset));
    });
    for (const family of families) {
      this.#askedFamilies.add(family);
      const offset = stored.get(family);
      if (offset !== undefined) this.#remember(family, offset);
    }
    return stored;
  }

  /** The file as its stored offset says; null when that is of another file. */
  async #resumed(
    { found, version }: NewFile,
    stored: StoredOffset | undefined,
  ): Promise<TrackedFile | null> {
    if (stored === undefined) return null;
    const { file: identity, position, before } = stored;
    if (identity !== null && (identity.inode !== found.inode || identity.version !== version)) {
      this.#remember(found.path, stored);
      return null;
    }
    for (const read of before.toReversed()) {
      this.#files.memory.remember(familyOf(found.path), { ...read, key: found.path });
    }
    const file = new TrackedFile(found, version);
    if (identity === null) {
      file.position = file.recordEnd = position;
      file.isPositionUnsure = true;
    } else {
      file.resume(await this.#latest(found, { ...identity, position }));
    }
    file.before = before;
    this.#files.add(file);
    return file;
  }

  /** What was stored, or what this run has read since. */
  async #latest(found: Found, stored: ReadFile): Promise<ReadFile> {
    for (const ghost of this.#files.memory.of(familyOf(found.path))) {
      const isLater = ghost.inode === stored.inode && ghost.position > stored.position;
      if (isLater && (await this.#likeness.isAsRead(found, ghost))) return ghost;
    }
    return stored;
  }

  #remember(key: string, { file, position, before }: StoredOffset): void {
    const family = familyOf(key);
    // The newest last, which is looked for first.
    for (const read of before.toReversed()) this.#files.memory.remember(family, { ...read, key });
    if (file !== null) this.#files.memory.remember(family, { ...file, position, key });
  }

  /** A file of another name, or the copy of one, goes on from where that was read to. */
  async #recognise(file: TrackedFile): Promise<void> {
    const ghosts = this.#files.memory
      .of(file.family)
      .filter(({ version }) => version === file.version);
    const original = file.version === null ? this.#originalOf(file) : undefined;
    if (ghosts.length === 0 && original === undefined) return;
    if (await this.#resumeBest(file, ghosts)) return;
    if (original === undefined || !(await this.#likeness.isCopy(file, original))) return;
    this.#logger.info(
      `File ${file.path} is a copy of ${original.path}: it waits until that is gone or cut short`,
    );
    file.copyOf = original;
  }

  /** It goes on where the one of them has come that it is, or is the copy of. */
  async #resumeBest(file: TrackedFile, ghosts: readonly Ghost[]): Promise<boolean> {
    // What is known of a file may be of several times.
    for (const ghost of ghosts.toSorted((a, b) => b.position - a.position)) {
      if (ghost.position === 0 || !(await this.#likeness.isAsRead(file, ghost))) continue;
      const { key, position } = ghost;
      this.#logger.info(`File ${file.path} was read as ${key} before: reading on at ${position}`);
      file.resume(ghost);
      file.readAs = ghost;
      return true;
    }
    return false;
  }

  /** The file that another one may be the copy of; it may be gone already, and be read to its end. */
  #originalOf({ path, family }: TrackedFile): TrackedFile | undefined {
    const original = isCompressed(path) ? uncompressedPath(path) : family;
    if (original === path) return undefined;
    for (const relative of this.#files.relatives(family)) {
      if (relative.path === original && relative.copyOf === null) return relative;
    }
    return undefined;
  }
}

/** What is found out while no file is renamed; undefined where that never stops. */
async function untilStill<T>(find: () => Promise<T>): Promise<T | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const found = await unlessMoved(find);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A file that no pattern leads to, under the key of one that took its path. */
function outside(found: Found, key: string): TrackedFile {
  const file = new TrackedFile(found, null, key);
  file.isOutside = true;
  return file;
}
