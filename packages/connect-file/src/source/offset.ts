import { inspect } from "node:util";
import { ConnectError, type SourceOffset, type SourcePartition } from "@millrace/connect-api";

/** Where lines come from; the path is exactly the configured one. */
export interface FilePartition extends SourcePartition {
  readonly filename: string | null;
}

/** How far a file was read: the number of bytes up to the end of the last line, its line end included. */
export interface FileOffset extends SourceOffset {
  readonly position: number;
}

export function partitionOf(file: string | null): FilePartition {
  return { filename: file };
}

/**
 * The stored position of a file, 0 when there is none.
 * @throws {ConnectError} when what is stored is not a position
 */
export function storedPosition(offset: SourceOffset | null, file: string): number {
  const position = offset?.["position"] ?? 0;
  if (typeof position === "number" && Number.isSafeInteger(position) && position >= 0) {
    return position;
  }
  throw new ConnectError(
    `The stored offset of file ${file} has the position ${inspect(position)}, which is no number of bytes. ` +
      "Stop the connector and alter or delete its offsets.",
  );
}

/**
 * Checks offsets that an operator sets, with the rules and messages of Java's
 * `FileStreamSourceConnector.alterOffsets`; null resets a partition of whatever shape.
 * @throws {ConnectError} for the first that is refused
 */
export function checkAlteredOffsets(
  offsets: ReadonlyMap<SourcePartition | null, SourceOffset | null>,
): void {
  for (const [partition, offset] of offsets) {
    if (offset === null) continue;
    checkOffset(offset);
    if (partition === null) throw new ConnectError("Partition objects cannot be null");
    if (!Object.hasOwn(partition, "filename")) {
      throw new ConnectError("Partition objects should contain the key 'filename'");
    }
  }
}

function checkOffset(offset: SourceOffset): void {
  if (!Object.hasOwn(offset, "position")) {
    throw new ConnectError("Offset objects should either be null or contain the key 'position'");
  }
  const { position } = offset;
  if (typeof position !== "bigint" && !Number.isInteger(position)) {
    throw new ConnectError(
      "The value for the 'position' key in the offset is expected to be a Long value",
    );
  }
  if ((position as number | bigint) < 0) {
    throw new ConnectError(
      "The value for the 'position' key in the offset should be a non-negative value",
    );
  }
}
