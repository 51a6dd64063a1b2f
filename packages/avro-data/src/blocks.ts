import type { ByteReader } from "./byte-reader.ts";

/** Reads the blocks of an array or a map, and calls `item` for each of its items. */
export function readBlocks(input: ByteReader, item: () => void): void {
  for (;;) {
    let count = Number(input.long());
    if (count === 0) return;
    if (count < 0) {
      // The size of the block follows, for those who skip it.
      input.long();
      count = -count;
    }
    for (let i = 0; i < count; i++) {
      item();
      input.check();
    }
  }
}
