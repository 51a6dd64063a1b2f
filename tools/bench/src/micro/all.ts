import type { MicroBenchmark } from "./benchmark.ts";
import { CHECKSUM_BENCHMARKS } from "./checksums.ts";
import { CODEC_BENCHMARKS } from "./codecs.ts";
import { CONVERTER_BENCHMARKS } from "./converters.ts";
import { EXPRESSION_BENCHMARKS } from "./expressions.ts";
import { LINE_BENCHMARKS } from "./lines.ts";
import { RECORD_BATCH_BENCHMARKS } from "./record-batches.ts";
import { STRUCT_BENCHMARKS } from "./structs.ts";
import { TRANSFORM_BENCHMARKS } from "./transforms.ts";

export const MICRO_BENCHMARKS: readonly MicroBenchmark[] = [
  ...CONVERTER_BENCHMARKS,
  ...STRUCT_BENCHMARKS,
  ...RECORD_BATCH_BENCHMARKS,
  ...CHECKSUM_BENCHMARKS,
  ...CODEC_BENCHMARKS,
  ...LINE_BENCHMARKS,
  ...TRANSFORM_BENCHMARKS,
  ...EXPRESSION_BENCHMARKS,
];

/**
 * Those whose name contains one of the words; all where there are none.
 * @throws Error when a word matches nothing
 */
export function selectBenchmarks(words: readonly string[]): MicroBenchmark[] {
  for (const word of words) {
    if (!MICRO_BENCHMARKS.some(({ name }) => name.includes(word))) {
      throw new Error(
        `No micro-benchmark has "${word}" in its name; pnpm bench micro --list shows them all`,
      );
    }
  }
  return MICRO_BENCHMARKS.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
}
