import type { Command } from "commander";
import { startKafka } from "@millrace/services";
import { fuzzWorker } from "../fuzz/fuzz-worker.ts";

const SHOWN = 20;
const MEGABYTE = 1024 * 1024;

/** `pnpm golden fuzz` */
export function addFuzz(program: Command): void {
  program
    .command("fuzz")
    .description("sends odd requests: nothing may crash, grow, or answer 500 where Java does not")
    .option("-n, --requests <count>", "how many", "100000")
    .option("--seed <number>", "which: the same number, the same requests", "1")
    .option("--most-mb <megabytes>", "by how much memory may grow, after half as many", "50")
    .action(async ({ requests, seed, mostMb }: Record<string, string>) => {
      await using kafka = await startKafka();
      const from = Date.now();
      const result = await fuzzWorker(kafka.bootstrapServers, Number(requests), Number(seed));
      for (const defect of result.defects.slice(0, SHOWN)) console.log(defect);
      const statuses = [...result.statuses].toSorted(([a], [b]) => a - b);
      console.log(statuses.map(([status, count]) => `${status}: ${count}`).join(", "));
      const [beforeMb, afterMb] = [result.beforeBytes, result.afterBytes].map((bytes) =>
        Math.round(bytes / MEGABYTE),
      ) as [number, number];
      console.log(
        `${requests} requests in ${Math.round((Date.now() - from) / 1000)} s, ${result.defects.length} defects, memory ${beforeMb} MB before and ${afterMb} MB after`,
      );
      if (result.defects.length > 0 || afterMb - beforeMb > Number(mostMb)) process.exitCode = 1;
    });
}
