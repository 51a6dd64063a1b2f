import { BARS, barText, isMet, type Bar } from "./bars.ts";
import { compareAll } from "./compare.ts";
import { COMPARISON_ALIGN, COMPARISON_HEAD, comparisonRows, metText } from "./comparison-table.ts";
import { formatNumber } from "./figures.ts";
import { quickLines, type ResultLine, type RunLine, type ScenarioLine } from "./results.ts";
import { type Align, markdownTable } from "./text-table.ts";

export const BEGIN = "<!-- tables: written by pnpm bench --write -->";
export const END = "<!-- end of tables -->";

export const SCENARIO_ALIGN: readonly Align[] = ["left", "left", "right", "left", "right", "left"];
export const SCENARIO_HEAD = ["", "", "", "", "bar", ""];

/**
 * Puts the tables in the place of those between the markers; the prose around them stays.
 * @throws Error when the document has no such place
 */
export function withTables(document: string, lines: readonly ResultLine[]): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) {
    throw new Error(`The document needs the lines "${BEGIN}" and "${END}", in this order`);
  }
  const before = document.slice(0, begin + BEGIN.length);
  return `${before}\n\n${tables(lines)}\n\n${document.slice(end)}`;
}

function tables(lines: readonly ResultLine[]): string {
  const parts: string[] = [];
  const comparisons = compareAll(lines);
  if (comparisons.length > 0) {
    parts.push(
      "### Side by side with the Java worker",
      provenance(lines, (line) => line.kind === "throughput" || line.kind === "startup"),
      "Medians, with the range where a benchmark ran several times; the ratio is ours ÷ Java's.",
      markdownTable(COMPARISON_HEAD, comparisonRows(comparisons), COMPARISON_ALIGN),
    );
  }
  if (lines.some((line) => line.kind === "scenario")) {
    parts.push(
      "### Scenarios",
      provenance(lines, (line) => line.kind === "scenario"),
      markdownTable(SCENARIO_HEAD, scenarioRows(lines), SCENARIO_ALIGN),
    );
  }
  return parts.join("\n\n");
}

/** A row per figure; of a figure that was measured again, the newest. Quick runs are not judged. */
export function scenarioRows(lines: readonly ResultLine[]): string[][] {
  const quick = quickLines(lines);
  const newest = new Map<string, ScenarioLine>();
  for (const line of lines) {
    if (line.kind === "scenario") newest.set(`${line.scenario} ${line.figure}`, line);
  }
  let previous = "";
  return [...newest.values()].map((line) => {
    const bar = barOf(line);
    const name = line.scenario === previous ? "" : line.scenario;
    previous = line.scenario;
    return [
      name,
      line.figure,
      formatNumber(line.value, line.digits),
      line.unit,
      bar === undefined ? "" : barText(bar),
      metText(bar && !quick.has(line) ? isMet(bar, line.value) : undefined),
    ];
  });
}

export function barOf({ scenario, bar }: Pick<ScenarioLine, "scenario" | "bar">): Bar | undefined {
  if (bar === undefined) return undefined;
  const bars: Readonly<Record<string, Readonly<Record<string, Bar>>>> = BARS.scenario;
  const found = bars[scenario]?.[bar];
  if (found === undefined) throw new Error(`bars.ts has no bar "${bar}" for scenario ${scenario}`);
  return found;
}

/** The commands and the versions behind the lines that `belongs` picks, each said once. */
function provenance(lines: readonly ResultLine[], belongs: (line: ResultLine) => boolean): string {
  const runs: RunLine[] = [];
  let current: RunLine | undefined;
  for (const line of lines) {
    if (line.kind === "run") current = line;
    else if (belongs(line) && current !== undefined && runs.at(-1) !== current) runs.push(current);
  }
  const commands = [...new Set(runs.map(({ command }) => `\`${command}\``))].join(", ");
  const machines = [...new Set(runs.map((run) => machine(run)))].join("; ");
  return `${commands} on ${machines}.`;
}

function machine({ environment, quick }: RunLine): string {
  const { date, commit, node, kafka, java, cpu, cores, memoryGb, mode } = environment;
  return (
    `${date}, commit ${commit}: Node ${node}, Kafka ${kafka} on Java ${java}, ${cpu}, ` +
    `${cores} cores, ${memoryGb} GB; Millrace ${mode}, Java distributed` +
    (quick ? ", **quick**: fewer records, so what is done once weighs more" : "")
  );
}
