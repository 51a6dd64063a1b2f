import { type Bar, BARS, isMet } from "./bars.ts";
import { UNITS, type Unit, type UnitName } from "./figures.ts";
import { quickLines, type ResultLine, type StartupLine, type ThroughputLine } from "./results.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** One figure of ours beside the Java worker's. */
export interface Comparison {
  readonly subject: string;
  readonly unit: Unit;
  readonly ours: Spread | undefined;
  readonly java: Spread | undefined;
  /** Ours ÷ Java's, of the medians. */
  readonly ratio: number | undefined;
  readonly bar: Bar;
  /** Undefined while one of the two is missing, where there is no bar, and of a quick run. */
  readonly met: boolean | undefined;
}

/**
 * Every figure that the lines hold, benchmark by benchmark, in the order in which they ran.
 * Lines of quick runs count only where there are no others.
 */
export function compareAll(lines: readonly ResultLine[]): Comparison[] {
  const quick = quickLines(lines);
  const throughput = groups(
    lines.filter((line) => line.kind === "throughput"),
    (line) => `${line.benchmark} ${line.converter}` as const,
  );
  const startup = groups(
    lines.filter((line) => line.kind === "startup"),
    startupSubject,
  );
  return [
    ...throughput.flatMap(([subject, group]) => {
      const bars = BARS["side-by-side"][subject];
      const of = comparing(subject, group, quick);
      return [
        of("rate", bars.rate, (line) => line.rate),
        of("cpu", bars.cpu, (line) => line.cpuMicros),
        of("rss", bars.rss, (line) => line.peakRssMb),
      ];
    }),
    ...startup.flatMap(([subject, group]) => {
      const bars = BARS["start-up"];
      const of = comparing(subject, group, quick);
      return [
        of("up", bars.up, (line) => line.upSeconds),
        of("idleRss", bars.idleRss, (line) => line.idleRssMb),
      ];
    }),
  ];
}

function startupSubject({ plugins, worker, mode }: StartupLine): string {
  const what = plugins === "all" ? "start-up, all plugins" : "start-up, connect-file alone";
  // Ours in whatever mode is held against the distributed Java worker; its other mode is shown too.
  return worker === "java" && mode === "standalone" ? `${what} (Java standalone)` : what;
}

function groups<L extends ThroughputLine | StartupLine, S extends string>(
  lines: readonly L[],
  subject: (line: L) => S,
): [S, L[]][] {
  const found = new Map<S, L[]>();
  for (const line of lines) {
    const name = subject(line);
    found.set(name, [...(found.get(name) ?? []), line]);
  }
  return [...found];
}

/** Makes the comparisons of one subject. */
function comparing<L extends ThroughputLine | StartupLine>(
  subject: string,
  group: readonly L[],
  quick: ReadonlySet<ResultLine>,
): (unit: UnitName, bar: Bar, figure: (line: L) => number) => Comparison {
  const full = group.filter((line) => !quick.has(line));
  const lines = full.length > 0 ? full : group;
  return (unit, bar, figure) => {
    const of = (worker: "ours" | "java"): Spread | undefined => {
      const values = lines.filter((line) => line.worker === worker).map(figure);
      return values.length === 0 ? undefined : spreadOf(values);
    };
    const ours = of("ours");
    const java = of("java");
    const ratio = ours && java && ours.median / java.median;
    const met = ratio === undefined || full.length === 0 ? undefined : isMet(bar, ratio);
    return { subject, unit: UNITS[unit], ours, java, ratio, bar, met };
  };
}
