import { writeFileSync } from "node:fs";
import type { Struct } from "@millrace/connect-api";
import { type ByteSink, ParquetFormat } from "@millrace/storage-formats";
import { ORDER, orderOf } from "./orders.ts";

/**
 * Writes orders that are in memory as Parquet, which goes nowhere. How many a second, and what
 * processor time each took, goes to stdout as JSON. All orders are then written to the given file,
 * for others to read.
 */
const [records = "", perFile = "", rounds = "", file = ""] = process.argv.slice(2);
const orders = Array.from({ length: Number(records) }, (_, number) => orderOf(number));

const rates: number[] = [];
let cpu = process.cpuUsage();
for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now();
  for (let from = 0; from < orders.length; from += Number(perFile)) {
    write(orders.slice(from, from + Number(perFile)), () => {});
  }
  // The first round is the compiler's.
  if (round === 0) cpu = process.cpuUsage();
  else rates.push((orders.length * 1000) / (performance.now() - start));
}
const { user, system } = process.cpuUsage(cpu);
const cpuMicros = (user + system) / (rates.length * orders.length);

const kept: Uint8Array[] = [];
write(orders, (bytes) => kept.push(bytes));
writeFileSync(file, Buffer.concat(kept));

console.log(JSON.stringify({ rates, cpuMicros }));

function write(rows: readonly Struct[], take: ByteSink["write"]): void {
  const parquet = new ParquetFormat("snappy", 16_777_216).open(ORDER, { write: take });
  for (const value of rows) parquet.write({ topic: "", schema: ORDER, value });
  void parquet.finish();
}
