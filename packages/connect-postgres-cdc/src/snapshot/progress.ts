import type { SourceOffset } from "@millrace/connect-api";

/** How far a table's rows were read, in the order in which they lie in its file. */
export interface Place {
  /** `ctid` of the last row that was given out: `(block,number)`. */
  readonly tid: string;
  /** `pg_relation_filenode`: where the table is written anew, rows lie elsewhere. */
  readonly file: string;
}

/** How far a snapshot has come, as offsets have it. */
export interface SnapshotProgress {
  /** What was committed before this transaction was seen by the first of its sessions; of 64 bits. */
  readonly xmin: string;
  /** `schema.table` of those whose rows were all given out. */
  readonly read: readonly string[];
  /** Those that were begun, by `schema.table`. */
  readonly reading: Readonly<Record<string, Place>>;
}

/** Debezium knows no such field and begins the snapshot anew. */
const KEY = "snapshot_progress";

/** What an offset says of a snapshot under way; null where it says nothing that can be read. */
export function readSnapshotProgress(stored: SourceOffset): SnapshotProgress | null {
  const text = stored[KEY];
  if (typeof text !== "string") return null;
  try {
    const { xmin, read, reading } = JSON.parse(text) as Partial<SnapshotProgress>;
    const isWhole =
      /^\d+$/.test(String(xmin)) &&
      Array.isArray(read) &&
      Object.values(reading ?? {}).every(({ tid }) => /^\(\d+,\d+\)$/.test(tid));
    return isWhole ? { xmin: String(xmin), read: read.map(String), reading: reading ?? {} } : null;
  } catch {
    // An operator's change, or a form of another version: the snapshot begins anew.
    return null;
  }
}

export function writeSnapshotProgress(progress: SnapshotProgress | null): SourceOffset {
  return progress === null ? {} : { [KEY]: JSON.stringify(progress) };
}

/** Notes how far a snapshot has come. */
export class ProgressNotes {
  readonly #xmin: string;
  readonly #read: Set<string>;
  readonly #reading: Map<string, Place>;
  /** Where reading goes on behind what was read before a restart. */
  readonly #before: ReadonlyMap<string, Place>;

  /** @param before what was stored, to go on with */
  constructor(xmin: string, before: SnapshotProgress | null) {
    this.#xmin = before?.xmin ?? xmin;
    this.#read = new Set(before?.read);
    this.#before = new Map(Object.entries(before?.reading ?? {}));
    this.#reading = new Map(this.#before);
  }

  /** 32 bits, as rows have it. */
  get xmin(): string {
    return String(BigInt.asUintN(32, BigInt(this.#xmin)));
  }

  get progress(): SnapshotProgress {
    const reading = Object.fromEntries(this.#reading);
    return { xmin: this.#xmin, read: [...this.#read], reading };
  }

  isRead(table: string): boolean {
    return this.#read.has(table);
  }

  /** The place behind which to go on; null where the table is read from its beginning. */
  goesOn(table: string, file: string | null): string | null {
    const before = this.#before.get(table);
    if (before !== undefined && before.file === file) return before.tid;
    this.#reading.delete(table);
    return null;
  }

  /** A row was given out. Changed rows that lie before the place move it nowhere. */
  gaveOut(table: string, place: Place): void {
    const last = this.#reading.get(table);
    if (last === undefined || last.file !== place.file || isBehind(place.tid, last.tid)) {
      this.#reading.set(table, place);
    }
  }

  ended(table: string): void {
    this.#reading.delete(table);
    this.#read.add(table);
  }
}

function isBehind(tid: string, other: string): boolean {
  const [block, number] = parts(tid);
  const [otherBlock, otherNumber] = parts(other);
  return block > otherBlock || (block === otherBlock && number > otherNumber);
}

function parts(tid: string): [number, number] {
  const comma = tid.indexOf(",");
  return [Number(tid.slice(1, comma)), Number(tid.slice(comma + 1, -1))];
}
