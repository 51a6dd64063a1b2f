import type { FileHandle } from "node:fs/promises";
import { isLineEnd, isWithinCrLf } from "./lines.ts";

const STEP_BYTES = 64 * 1024;

/**
 * Where to read on from a stored position: there, when a line starts there, else at the
 * start of the line it lies in. Kafka's own connector stores the number of UTF-16
 * characters, which is smaller than the number of bytes where a file is not plain ASCII;
 * going back to the line's start repeats lines, and loses none (I2).
 */
export async function lineStart(handle: FileHandle, position: number): Promise<number> {
  if (position === 0) return 0;
  const around = await readAt(handle, position - 1, 2);
  if (isWithinCrLf(around[0], around[1])) return position + 1;
  if (isLineEnd(around[0])) return position;
  for (let to = position; to > 0; to -= STEP_BYTES) {
    const from = Math.max(0, to - STEP_BYTES);
    const bytes = await readAt(handle, from, to - from);
    const end = bytes.findLastIndex(isLineEnd);
    if (end !== -1) return from + end + 1;
  }
  return 0;
}

export async function readAt(
  handle: FileHandle,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}
