import { barText } from "./bars.ts";
import type { Comparison } from "./compare.ts";
import { formatNumber, type Unit } from "./figures.ts";
import type { Spread } from "./spread.ts";
import type { Align } from "./text-table.ts";

export const COMPARISON_HEAD = ["", "", "Millrace", "Java", "ratio", "bar", ""];
export const COMPARISON_ALIGN: readonly Align[] = [
  "left",
  "left",
  "right",
  "right",
  "right",
  "right",
  "left",
];

/** A row per figure; the subject stands in its first row only. */
export function comparisonRows(comparisons: readonly Comparison[]): string[][] {
  return comparisons.map(({ subject, unit, ours, java, ratio, bar, met }, index) => [
    comparisons[index - 1]?.subject === subject ? "" : subject,
    unit.name,
    spreadText(ours, unit),
    spreadText(java, unit),
    ratio === undefined ? "" : formatNumber(ratio, 2),
    barText(bar),
    metText(met),
  ]);
}

export const metText = (met: boolean | undefined): string =>
  met === undefined ? "" : met ? "met" : "missed";

/** The median, with the range where there is one: `1,200 (1,100–1,300)`. */
function spreadText(spread: Spread | undefined, { digits }: Unit): string {
  if (spread === undefined) return "";
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) =>
    formatNumber(value, digits),
  );
  return spread.count > 1 ? `${median} (${min}–${max})` : `${median}`;
}
