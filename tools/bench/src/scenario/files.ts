import { join } from "node:path";
import { startBroker } from "../harness/broker.ts";
import { runBench } from "../harness/peer-bench.ts";
import { startWorker } from "../harness/worker.ts";
import { formatNumber } from "../report/figures.ts";
import { spreadOf } from "../report/spread.ts";
import { filePluginAlone } from "../side-by-side/start-up.ts";
import type { Scenario } from "./scenario.ts";

const RECORDS = 5_000_000;
const SOURCES = ["FileStreamSource", "FileSource"] as const;
type Source = (typeof SOURCES)[number];

/**
 * The source of many files beside the one of a single file, on the same file. One worker stays for
 * all runs, warm after the first, and runs take turns: what changes on the machine meets both.
 */
export const files: Scenario = {
  name: "files",
  summary: "the lines of a file by the source of many files, beside FileStreamSource",
  async run({ peer, records = RECORDS, reps, workFolder, say, report }) {
    await using kafka = await startBroker();
    const { bootstrapServers } = kafka;
    const pluginPath = filePluginAlone(peer, workFolder).ours;
    await using worker = await startWorker({ kind: "ours", peer, bootstrapServers, pluginPath });
    const config: Record<Source, Record<string, string>> = {
      FileStreamSource: {},
      FileSource: {
        "connector.class": "millrace.file.FileSourceConnector",
        paths: join(workFolder, `lines-${records}.txt`),
      },
    };
    const rates: Record<Source, number[]> = { FileStreamSource: [], FileSource: [] };
    const cpu: Record<Source, number[]> = { FileStreamSource: [], FileSource: [] };
    for (let rep = 0; rep <= reps; rep += 1) {
      for (const source of SOURCES) {
        const measured = await runBench(peer, {
          benchmark: "file-source",
          converter: "string",
          records,
          worker: "ours",
          url: worker.url,
          bootstrapServers,
          workFolder,
          config: config[source],
        });
        const { steadyRate, cpuMicros } = measured;
        say(
          `${source} ${rep === 0 ? "to warm up" : `#${rep}`}: ${formatNumber(steadyRate, 0)} records/s, ` +
            `${formatNumber(cpuMicros, 2)} µs CPU/record`,
        );
        if (rep === 0) continue;
        rates[source].push(steadyRate);
        cpu[source].push(cpuMicros);
      }
    }
    for (const source of SOURCES) {
      const rate = spreadOf(rates[source]).median;
      report({ figure: `${source}: rate`, value: rate, digits: 0, unit: "records/s" });
      const micros = spreadOf(cpu[source]).median;
      report({ figure: `${source}: CPU`, value: micros, digits: 2, unit: "µs/record" });
    }
    const ratio = (of: Record<Source, number[]>) =>
      spreadOf(of.FileSource).median / spreadOf(of.FileStreamSource).median;
    const rate = "rate ÷ FileStreamSource's";
    report({ figure: rate, value: ratio(rates), digits: 2, unit: "", bar: rate });
    const used = "CPU ÷ FileStreamSource's";
    report({ figure: used, value: ratio(cpu), digits: 2, unit: "", bar: used });
  },
};
