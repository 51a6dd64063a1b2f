import { cpus } from "node:os";
import { formatNumber } from "../report/figures.ts";
import { selectBenchmarks } from "./all.ts";
import type { MicroReport } from "./compare.ts";
import { measure, type MicroResult } from "./measure.ts";

/** Measures those that the words choose, one after the other, and prints each as it is known. */
export async function runMicro(
  words: readonly string[],
  timeMs: number,
  print: (line: string) => void,
): Promise<MicroReport> {
  const benchmarks = selectBenchmarks(words);
  const width = Math.max(...benchmarks.map(({ name }) => name.length));
  const results: MicroResult[] = [];
  for (const { name } of benchmarks) {
    const result = await measure(name, timeMs);
    results.push(result);
    print(lineOf(result, width));
  }
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.versions.node,
    cpu: cpus()[0]?.model ?? "unknown",
    results,
  };
}

function lineOf({ name, nsPerOp, mbPerSecond }: MicroResult, width: number): string {
  const ns = `${formatNumber(nsPerOp, nsPerOp < 100 ? 1 : 0)} ns/op`.padStart(20);
  const mb = mbPerSecond === undefined ? "" : `${formatNumber(mbPerSecond, 0)} MB/s`.padStart(14);
  return `${name.padEnd(width)}${ns}${mb}`;
}
