import type { Overlap } from "../count/journal.ts";
import type { StreamReport } from "../count/stream-counts.ts";
import type { SoakReport } from "./soak.ts";

/** Whether nothing was lost and nothing else was wrong. */
export function passed({ verdict, complaints }: SoakReport): boolean {
  return verdict.losses.length === 0 && complaints.length === 0;
}

/** The figures of a run, for people. */
export function reportText(report: SoakReport): string {
  const { verdict, complaints } = report;
  return [
    ...section("What was done", [
      [...report.actions].map(([name, count]) => `${name} ${count}`).join(", "),
      `settled ${report.settledMs.length} times, in ${durations(report.settledMs)}`,
    ]),
    ...section("Records", [counted("topics", verdict.topics), counted("files", verdict.files)]),
    ...section("Tasks that ran twice at once", [
      `in all: ${overlapping(verdict.overlaps)}`,
      `not after a worker was frozen: ${overlapping(report.unexplainedOverlaps)}`,
    ]),
    ...section(
      "Memory of each process: MB after 10 s, at the end, at most",
      report.memory.map(
        ({ worker, pid, seconds, startMb, endMb, peakMb }) =>
          `${worker} ${String(pid).padStart(7)} ${String(seconds).padStart(5)} s ` +
          `${startMb} ${endMb} ${peakMb}`,
      ),
    ),
    ...section(
      "Errors in the logs",
      report.errors.slice(0, 20).map(({ text, count }) => `${String(count).padStart(5)} ${text}`),
    ),
    ...section("Losses", verdict.losses),
    ...section("Wrong", complaints),
    passed(report) ? "Passed." : "FAILED.",
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  return [`${title}:`, ...(lines.length === 0 ? ["none"] : lines).map((line) => `  ${line}`), ""];
}

function overlapping(overlaps: readonly Overlap[]): string {
  const [longest] = overlaps;
  if (longest === undefined) return "never";
  const { durationMs, stream, pids, from } = longest;
  return (
    `${overlaps.length} times, the longest ${durationMs} ms (${stream}, ` +
    `processes ${pids.join(" and ")}, ${new Date(from).toISOString()})`
  );
}

function counted(place: string, streams: readonly StreamReport[]): string {
  const sum = (of: (stream: StreamReport) => number) =>
    streams.reduce((total, stream) => total + of(stream), 0);
  const [sent, count, distinct] = [
    sum(({ expected }) => expected),
    sum((stream) => stream.count),
    sum((stream) => stream.distinct),
  ];
  return (
    `${place}: ${distinct} of ${sent}, ${count - distinct} repeated in ` +
    `${sum(({ rewinds }) => rewinds)} rewinds, ${sum(({ gaps }) => gaps.length)} gaps`
  );
}

function durations(allMs: readonly number[]): string {
  const sorted = [...allMs].sort((a, b) => a - b);
  const seconds = (ms = 0) => `${(ms / 1_000).toFixed(1)} s`;
  return `${seconds(sorted[Math.floor(sorted.length / 2)])} (median) to ${seconds(sorted.at(-1))}`;
}
