import { Bench } from "tinybench";
import { selectBenchmarks } from "./all.ts";
import type { MicroResult } from "./measure.ts";

/** Measures the benchmark of exactly this name; its result goes to stdout as JSON. */
const [name = "", timeMs = ""] = process.argv.slice(2);
const benchmark = selectBenchmarks([name]).find((one) => one.name === name);
if (benchmark === undefined) throw new Error(`There is no micro-benchmark "${name}"`);

const { operations, bytes, run } = benchmark.prepare();
const bench = new Bench({
  time: Number(timeMs),
  warmupTime: Number(timeMs) / 2,
  throws: true,
});
bench.add(name, run);
const [task] = bench.runSync();
const result = task?.result;
if (result === undefined || !("latency" in result)) {
  throw new Error(`${name} could not be measured: ${JSON.stringify(result)}`);
}
const nsPerCall = result.latency.p50 * 1e6;
const measured: MicroResult = {
  name,
  nsPerOp: nsPerCall / operations,
  ...(bytes > 0 && { mbPerSecond: (bytes / nsPerCall) * 1e3 }),
};
console.log(JSON.stringify(measured));
