import { Argument, type Command } from "commander";
import { makeWorkFolder, resultFolder } from "../harness/bench-folder.ts";
import { environment } from "../harness/environment.ts";
import { obtainPeer, type Peer } from "../harness/peer.ts";
import { printSummary } from "../report/print.ts";
import { Results } from "../report/results.ts";
import { writeDocument } from "../report/write-document.ts";
import { SCENARIOS } from "../scenario/all.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { commandLine } from "./command-line.ts";
import { positiveInteger } from "./parse.ts";

interface Options {
  readonly records?: number;
  readonly reps: number;
  readonly out?: string;
  readonly write?: true;
}

export function addScenario(program: Command): void {
  const names = SCENARIOS.map(({ name }) => name);
  program
    .command("scenario")
    .description("what happens beside plain throughput")
    .addArgument(new Argument("<names...>", "which").choices([...names, "all"]))
    .option("-n, --records <count>", "instead of the scenario's own number", positiveInteger)
    .option("-r, --reps <count>", "repetitions, where it compares", positiveInteger, 3)
    .option("-o, --out <folder>", "where results are added as JSON lines (default: a new folder)")
    .option("--write", "put the tables of the output folder's results into docs/benchmarks.md")
    .addHelpText(
      "after",
      `\nScenarios:\n${SCENARIOS.map(({ name, summary }) => `  ${name.padEnd(13)}${summary}`).join("\n")}`,
    )
    .action(async (asked: string[], options: Options) => {
      const results = new Results(resultFolder(options.out, "scenario"));
      const peer = await obtainPeer();
      const before = results.all().length;
      results.add({
        kind: "run",
        command: commandLine(),
        quick: options.records !== undefined,
        environment: await environment(peer),
      });
      for (const scenario of SCENARIOS) {
        if (asked.includes("all") || asked.includes(scenario.name)) {
          await play(scenario, peer, options, results);
        }
      }
      printSummary(results.all().slice(before));
      console.log(`\nResults: ${results.file}`);
      if (options.write === true) writeDocument(results.all());
    });
}

async function play(
  scenario: Scenario,
  peer: Peer,
  { records, reps }: Options,
  results: Results,
): Promise<void> {
  const { name, summary } = scenario;
  console.log(`\n${name}: ${summary}`);
  await using work = makeWorkFolder();
  await scenario.run({
    peer,
    records,
    reps,
    workFolder: work.path,
    say: (text) => console.log(`  ${text}`),
    report: (figure) => results.add({ kind: "scenario", scenario: name, ...figure }),
  });
}
