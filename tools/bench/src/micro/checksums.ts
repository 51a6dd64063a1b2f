import { crc32c, crc32cPure } from "../../../../packages/kafka-client/src/record-batch/crc32c.ts";
import { murmur2 } from "../../../../packages/kafka-client/src/producer/murmur2.ts";
import { keep, type MicroBenchmark, type Prepared } from "./benchmark.ts";
import { texts } from "./data.ts";

/** A batch of producer.batch.size, and a large one. */
const SIZES: readonly [string, number][] = [
  ["16 KB", 16_384],
  ["1 MB", 1_048_576],
];

/** Record batches' checksum, and the hash that chooses a key's partition. */
export const CHECKSUM_BENCHMARKS: readonly MicroBenchmark[] = [
  ...SIZES.flatMap(([name, size]) => [
    // Where the platform has no native one, crc32c is the pure one.
    ...(crc32c === crc32cPure
      ? []
      : [{ name: `crc32c/native ${name}`, prepare: () => summing(crc32c, size) }]),
    { name: `crc32c/pure ${name}`, prepare: () => summing(crc32cPure, size) },
  ]),
  ...[16, 100].map((size) => ({
    name: `murmur2/key of ${size} B`,
    prepare: () => hashing(size),
  })),
];

function summing(checksum: (data: Uint8Array) => number, size: number): Prepared {
  const data = Buffer.from(
    texts(100)
      .join("")
      .repeat(Math.ceil(size / 25_600)),
  ).subarray(0, size);
  return { operations: 1, bytes: size, run: () => keep(checksum(data)) };
}

function hashing(size: number): Prepared {
  const keys = texts(size).map((text) => Buffer.from(text));
  return {
    operations: keys.length,
    bytes: keys.length * size,
    run() {
      for (const key of keys) keep(murmur2(key));
    },
  };
}
