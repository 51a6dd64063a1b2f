import { inspect } from "node:util";
import { ConnectError, type SourceOffset, type SourcePartition } from "@millrace/connect-api";
import type { Fingerprint, Guard } from "./fingerprint.ts";

/** A file, by the path it had when it was first read. */
export interface PathPartition extends SourcePartition {
  readonly path: string;
}

/** How far a file was read. */
export interface Offset extends SourceOffset {
  /** Number of bytes, of what a compressed file holds, up to the end of the last record. */
  readonly position: number;
  /** Which file it was: `fileText`. */
  readonly file: string;
  /** Files that were read to their end under this path before and are still there, if any. */
  readonly before?: string;
}

/** What a file is known by when nobody has watched it for a while. */
export interface Identity {
  readonly inode: string;
  readonly fingerprint: Fingerprint;
  /** At the end of what was seen of it, which may be behind the position; null where nothing was. */
  readonly guard: Guard | null;
  /** Of a file to be ingested, which may not change: size and time of its last change; else null. */
  readonly version: string | null;
}

/** A file that was read, and how far. */
export interface ReadFile extends Identity {
  readonly position: number;
}

export interface StoredOffset {
  readonly position: number;
  /** Null where an operator gave a position only: of whatever file is there. */
  readonly file: Identity | null;
  readonly before: readonly ReadFile[];
}

/** What Kafka's own file source keeps its positions under, which are taken over. */
export function streamPartition(path: string): SourcePartition {
  return { filename: path };
}

/** `<inode>/<bytes>-<hash>/<position>-<guard>`, and `/<version>` of a file to be ingested. */
export function fileText({ inode, fingerprint, guard, version }: Identity): string {
  const { bytes, hash } = fingerprint;
  const before = guard === null ? "" : `${guard.position}-${guard.crc}`;
  const text = `${inode}/${bytes}-${hash}/${before}`;
  return version === null ? text : `${text}/${version}`;
}

export function beforeText(files: readonly ReadFile[]): string {
  return files.map((file) => `${fileText(file)}@${file.position}`).join(",");
}

/** @throws {ConnectError} for what is no offset of ours */
export function storedOffset(path: string, offset: SourceOffset): StoredOffset {
  const { position, file = null, before = "" } = offset;
  const identity = typeof file === "string" ? identityOf(file) : null;
  const files = typeof before === "string" ? filesOf(before) : undefined;
  if (
    !Number.isSafeInteger(position) ||
    (position as number) < 0 ||
    (file !== null && identity === null) ||
    files === undefined
  ) {
    throw new ConnectError(
      `The stored offset of file ${path} is ${inspect(offset)}, which is none of this connector. ` +
        "Stop the connector and alter or delete its offsets.",
    );
  }
  return { position: position as number, file: identity, before: files };
}

/**
 * Checks offsets that an operator sets; null resets a partition of whatever shape.
 * @throws {ConnectError} for the first that is refused
 */
export function checkAlteredOffsets(
  offsets: ReadonlyMap<SourcePartition | null, SourceOffset | null>,
): void {
  for (const [partition, offset] of offsets) {
    if (offset === null) continue;
    if (typeof partition?.["path"] !== "string") {
      throw new ConnectError('Partition objects should be of the form {"path": "/a/file"}');
    }
    const { position, file } = offset;
    if (typeof position !== "bigint" && !Number.isInteger(position)) {
      throw new ConnectError("The value for the 'position' key in the offset should be an integer");
    }
    if ((position as number | bigint) < 0) {
      throw new ConnectError(
        "The value for the 'position' key in the offset should be a non-negative value",
      );
    }
    if (file !== undefined && (typeof file !== "string" || identityOf(file) === null)) {
      throw new ConnectError(
        "The value for the 'file' key in the offset should be one that the connector has stored, or be left out",
      );
    }
  }
}

const FILE_TEXT = /^(\d+)\/(\d{1,4})-([\da-f]{0,16})\/(?:(\d{1,15})-(\d{1,10}))?(?:\/(\d+-\d+))?$/;

function identityOf(text: string): Identity | null {
  const [, inode, bytes, hash, position, crc, version = null] = FILE_TEXT.exec(text) ?? [];
  if (inode === undefined || hash === undefined) return null;
  return {
    inode,
    fingerprint: { bytes: Number(bytes), hash },
    guard: position === undefined ? null : { position: Number(position), crc: Number(crc) },
    version,
  };
}

function filesOf(text: string): ReadFile[] | undefined {
  const files: ReadFile[] = [];
  for (const item of text === "" ? [] : text.split(",")) {
    const at = item.lastIndexOf("@");
    const identity = identityOf(item.slice(0, at));
    const position = Number(item.slice(at + 1));
    if (identity === null || !Number.isSafeInteger(position)) return undefined;
    files.push({ ...identity, position });
  }
  return files;
}
