import {
  type Codec,
  compress,
  decompress,
} from "../../../../packages/kafka-client/src/record-batch/compression.ts";
import { keep, type MicroBenchmark, type Prepared } from "./benchmark.ts";

const NAMES: readonly Exclude<Codec, "none">[] = ["gzip", "snappy", "lz4", "zstd"];
const SIZES: readonly [string, number][] = [
  ["16 KB", 16_384],
  ["256 KB", 262_144],
];

/** A batch's records, in and out; MB/s are of the plain side. */
export const CODEC_BENCHMARKS: readonly MicroBenchmark[] = NAMES.flatMap((codec) =>
  SIZES.flatMap(([size, bytes]) => [
    { name: `${codec}/compress ${size}`, prepare: () => compressing(codec, bytes) },
    { name: `${codec}/decompress ${size}`, prepare: () => decompressing(codec, bytes) },
  ]),
);

/** Lines that share words and differ in numbers, as the records of a topic do. */
function plain(bytes: number): Buffer {
  let text = "";
  let number = 1;
  while (text.length < bytes) {
    number = (Math.imul(number, 1_103_515_245) + 12_345) >>> 0;
    text += `{"order":${number},"customer":"customer ${number % 9_973}","amount":${number % 1_000}.5,"currency":"EUR"}\n`;
  }
  return Buffer.from(text).subarray(0, bytes);
}

function compressing(codec: Exclude<Codec, "none">, bytes: number): Prepared {
  const data = plain(bytes);
  return { operations: 1, bytes, run: () => keep(compress(codec, data)) };
}

function decompressing(codec: Exclude<Codec, "none">, bytes: number): Prepared {
  const data = compress(codec, plain(bytes));
  return { operations: 1, bytes, run: () => keep(decompress(codec, data)) };
}
