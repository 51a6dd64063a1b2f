import { Option, type Command } from "commander";
import { environment } from "../harness/environment.ts";
import { resultFolder } from "../harness/bench-folder.ts";
import { obtainPeer } from "../harness/peer.ts";
import { CONVERTERS, type ConverterName, FILE_BENCHMARKS } from "../harness/peer-bench.ts";
import type { WorkerKind } from "../harness/worker-command.ts";
import { printSummary } from "../report/print.ts";
import { Results } from "../report/results.ts";
import { writeDocument } from "../report/write-document.ts";
import { printProfile } from "../profile/print.ts";
import { runProfile } from "../profile/run.ts";
import { BENCHMARKS, type BenchmarkName, DEFAULTS, QUICK } from "../side-by-side/plan.ts";
import { runSideBySide } from "../side-by-side/run.ts";
import { runMicro } from "../micro/run.ts";
import { MICRO_TIME_MS } from "./micro.ts";
import { oneOrMore, positiveInteger } from "./parse.ts";
import { commandLine } from "./command-line.ts";

interface Options {
  readonly benchmarks: BenchmarkName[];
  readonly converters: ConverterName[];
  readonly records?: number;
  readonly reps?: number;
  readonly only?: WorkerKind;
  readonly quick?: true;
  readonly out?: string;
  readonly write?: true;
  readonly profile?: (typeof FILE_BENCHMARKS)[number];
}

/** What `pnpm bench` does without a subcommand. */
export function addSideBySide(program: Command): void {
  program
    .addOption(choice("-b, --benchmarks <names>", BENCHMARKS))
    .addOption(choice("-c, --converters <names>", CONVERTERS))
    .option(
      "-n, --records <count>",
      `records of a repetition (default: ${DEFAULTS.records}, quick: ${QUICK.records})`,
      positiveInteger,
    )
    .option(
      "-r, --reps <count>",
      `repetitions, ours and Java's in turn (default: ${DEFAULTS.reps}, quick: ${QUICK.reps})`,
      positiveInteger,
    )
    .addOption(new Option("--only <worker>", "one of the two workers").choices(["ours", "java"]))
    .option("-q, --quick", "all of it in under 3 minutes, with few records, and micro")
    .option("-o, --out <folder>", "where results are added as JSON lines (default: a new folder)")
    .option("--write", "put the tables of the output folder's results into docs/benchmarks.md")
    .addOption(
      new Option("--profile <benchmark>", "show where our worker's time goes instead").choices(
        FILE_BENCHMARKS,
      ),
    )
    .action(async (options: Options) => {
      if (options.profile !== undefined) await profile(options, options.profile);
      else await compare(options);
    });
}

function choice(flags: string, names: readonly string[]): Option {
  return new Option(flags, `some of ${names.join(", ")}`)
    .argParser(oneOrMore(names))
    .default([...names], "all");
}

async function compare(options: Options): Promise<void> {
  const preset = options.quick === true ? QUICK : DEFAULTS;
  const records = options.records ?? preset.records;
  const quick = options.quick === true || records < DEFAULTS.records;
  const results = new Results(resultFolder(options.out, "side-by-side"));
  const peer = await obtainPeer();
  const before = results.all().length;
  results.add({
    kind: "run",
    command: commandLine(),
    quick,
    environment: await environment(peer),
  });
  await runSideBySide(
    peer,
    {
      benchmarks: options.benchmarks,
      converters: options.converters,
      records,
      reps: options.reps ?? preset.reps,
      only: options.only,
      quick: options.quick === true,
    },
    results,
  );
  printSummary(results.all().slice(before));
  if (options.quick === true) {
    console.log("\nMicro-benchmarks, briefly:");
    await runMicro([], MICRO_TIME_MS.quick, console.log);
  }
  if (quick) console.log("\nWhether a bar is met takes a full run; this one was too short.");
  console.log(`\nResults: ${results.file}`);
  if (options.write === true) writeDocument(results.all());
}

async function profile(
  options: Options,
  benchmark: (typeof FILE_BENCHMARKS)[number],
): Promise<void> {
  const folder = resultFolder(options.out, "profile");
  const peer = await obtainPeer();
  // One profile is of one kind of work: the first converter that was asked for.
  const [converter = "string"] = options.converters;
  const records = options.records ?? DEFAULTS.records;
  const threads = await runProfile(peer, { benchmark, converter, records, folder });
  printProfile(threads);
  console.log(`\nProfiles, for Chrome's or VS Code's viewer: ${folder}`);
}
