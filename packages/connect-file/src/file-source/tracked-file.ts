import type { Layout } from "./decode/units.ts";
import { familyOf, isCompressed } from "./family.ts";
import { type Fingerprint, type Guard, NOTHING_READ } from "./fingerprint.ts";
import type { Ghost } from "./family-memory.ts";
import type { Found } from "./listing.ts";
import type { PathPartition, ReadFile } from "./offset.ts";

const NONE: readonly ReadFile[] = [];

/**
 * A file that is watched, and how far it was read. There may be many: it holds no memory for
 * reading, and of what most of them have in common one object.
 */
export class TrackedFile implements ReadFile {
  /** Device and inode. */
  readonly id: string;
  readonly isCompressed: boolean;
  readonly family: string;
  /** Where it is now. */
  path: string;
  /** Of its records: the path under which it was found. One object, by which the worker knows it. */
  partition: PathPartition;
  version: string | null;
  /** As far as is known; of a compressed file, of what is on disk. */
  size: number;

  /** Number of bytes that were read and became units. */
  position = 0;
  fingerprint: Fingerprint = NOTHING_READ;
  /** Before `position`, or before one that is less. */
  guard: Guard | null = null;
  /** The position comes from elsewhere, and may lie within a line. */
  isPositionUnsure = false;
  layout: Layout | null = null;
  /** Files that had its partition before it. */
  before: readonly ReadFile[] = NONE;
  /** The next one of the same partition; it is read when this one is done. */
  follower: TrackedFile | null = null;

  /** What it was known by when it turned up; until it is watched, others may know it by that, too. */
  readAs: Ghost | null = null;

  /** How many bytes there were when it was last read to its end; -1 while there is more. */
  seenSize = -1;
  /** How much to read at once: more than usual where a unit is long. */
  want = 0;
  /** A unit that is too long, of which only the beginning is kept. */
  tooLong: { readonly start: number; readonly head: Buffer } | null = null;
  /** Nothing more is expected of it. */
  isDone = false;
  /** Another file, which goes on being read, has the same content so far. */
  copyOf: TrackedFile | null = null;
  /** It lies outside the patterns, and is only read because it was inside. */
  isOutside = false;
  /** Its path leads elsewhere; it may still be open. */
  isLost = false;
  /** It waits to be read, or is being read. */
  isQueued = false;
  /** When something was last found in it, or it was found to have moved. */
  activeAt = 0;
  /** Not to be tried again before, after an error. */
  retryAt = 0;
  /** Counts up when its content is another one. */
  generation = 0;
  /** End of the last record of it; 0 when there was none. */
  recordEnd = 0;
  /** The last scan that found it where it was. */
  scan = 0;

  constructor({ path, id, size }: Found, version: string | null, key: string = path) {
    this.path = path;
    this.partition = { path: key };
    this.id = id;
    this.size = size;
    this.version = version;
    const family = familyOf(path);
    // Mostly they are equal: one text is kept then.
    this.family = family === path ? path : family;
    this.isCompressed = isCompressed(path);
  }

  get inode(): string {
    return this.id.slice(this.id.indexOf(":") + 1);
  }

  get key(): string {
    return this.partition.path;
  }

  /** Its records get another partition. */
  set key(path: string) {
    this.partition = { path };
  }

  /** It is no longer where it was found. */
  get hasLeft(): boolean {
    return this.isLost || this.isOutside || this.path !== this.key;
  }

  /** It ends in something that has no end yet. */
  get hasRest(): boolean {
    return this.seenSize > this.position;
  }

  /** What is remembered of it when it is gone or has other content. */
  get identity(): Ghost {
    const { inode, fingerprint, guard, version, position, key } = this;
    return { inode, fingerprint, guard, version, position, key };
  }

  /** It goes on from where another run, or another name of it, has come. */
  resume({ position, fingerprint, guard }: ReadFile): void {
    this.position = position;
    this.recordEnd = position;
    this.fingerprint = fingerprint;
    this.guard = guard;
  }

  /** Its content is another one. */
  startOver(): void {
    this.generation += 1;
    this.position = 0;
    this.recordEnd = 0;
    this.fingerprint = NOTHING_READ;
    this.guard = null;
    this.layout = null;
    this.seenSize = -1;
    this.tooLong = null;
    this.want = 0;
    this.isDone = false;
    this.isPositionUnsure = false;
  }
}
