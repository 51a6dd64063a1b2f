import { readFileSync } from "node:fs";
import { Option, type Command } from "commander";
import { selectBenchmarks } from "../micro/all.ts";
import { compareMicro, type MicroReport } from "../micro/compare.ts";
import { runMicro } from "../micro/run.ts";
import { formatNumber } from "../report/figures.ts";
import { textTable } from "../report/text-table.ts";
import { factor, positiveInteger } from "./parse.ts";

export const MICRO_TIME_MS = { full: 500, quick: 30 };

interface Options {
  readonly json?: true;
  readonly list?: true;
  readonly compare?: string;
  readonly factor: number;
  readonly time: number;
}

export function addMicro(program: Command): void {
  program
    .command("micro [names...]")
    .description("parts of the data path by themselves: those with one of the words in their name")
    .option("--list", "only show the names")
    .option("--json", "print JSON, to be compared with later")
    .option("--compare <file>", "say what became slower since that JSON; exits with 1 then")
    .addOption(
      new Option("--factor <number>", "how much slower counts").default(1.25).argParser(factor),
    )
    .addOption(
      new Option("--time <ms>", "how long each is measured")
        .default(MICRO_TIME_MS.full)
        .argParser(positiveInteger),
    )
    .action(async (names: string[], options: Options) => {
      if (options.list === true) {
        for (const { name } of selectBenchmarks(names)) console.log(name);
        return;
      }
      const before = options.compare === undefined ? undefined : readReport(options.compare);
      // JSON alone goes to stdout, so that it can be redirected.
      const print = options.json === true ? console.error : console.log;
      const report = await runMicro(names, options.time, print);
      if (options.json === true) console.log(JSON.stringify(report, undefined, 2));
      if (before !== undefined) printChanges(before, report, options.factor, print);
    });
}

function readReport(file: string): MicroReport {
  const report = JSON.parse(readFileSync(file, "utf8")) as Partial<MicroReport>;
  if (!Array.isArray(report.results)) {
    throw new Error(`${file} is not what pnpm bench micro --json writes`);
  }
  return report as MicroReport;
}

function printChanges(
  before: MicroReport,
  now: MicroReport,
  limit: number,
  print: (line: string) => void,
): void {
  if (before.cpu !== now.cpu || before.node !== now.node) {
    print(`\nThe earlier figures are of Node ${before.node} on ${before.cpu}`);
  }
  const changes = compareMicro(before.results, now.results, limit);
  const told = changes.filter(({ verdict }) => verdict !== "same");
  const slower = changes.filter(({ verdict }) => verdict === "slower").length;
  if (told.length > 0) {
    const rows = told.map(({ name, before, nsPerOp, factor, verdict }) => [
      name,
      before === undefined ? "" : formatNumber(before, 1),
      formatNumber(nsPerOp, 1),
      factor === undefined ? "" : formatNumber(factor, 2),
      verdict,
    ]);
    const align = ["left", "right", "right", "right", "left"] as const;
    print(`\n${textTable(["", "ns before", "ns now", "factor", ""], rows, align)}`);
  }
  print(`\n${slower} of ${changes.length} became slower than ${limit} times`);
  if (slower > 0) process.exitCode = 1;
}
