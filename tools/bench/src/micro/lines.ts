import { splitLines } from "../../../../packages/connect-file/src/source/lines.ts";
import { keep, type MicroBenchmark, type Prepared } from "./benchmark.ts";
import { texts } from "./data.ts";

/** A block of a file, cut into lines; the operation is a line. */
export const LINE_BENCHMARKS: readonly MicroBenchmark[] = [
  { name: "lines/ASCII", prepare: () => splitting(texts(99), "\n") },
  { name: "lines/ASCII with CR LF", prepare: () => splitting(texts(98), "\r\n") },
  {
    name: "lines/UTF-8",
    prepare: () =>
      splitting(
        texts(90).map((text) => `${text}äöü`),
        "\n",
      ),
  },
];

function splitting(lines: readonly string[], end: string): Prepared {
  const block = Buffer.from(lines.map((line) => line + end).join(""));
  return {
    operations: lines.length,
    bytes: block.length,
    run: () => keep(splitLines(block, 0)),
  };
}
