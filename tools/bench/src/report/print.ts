import { compareAll } from "./compare.ts";
import { COMPARISON_ALIGN, COMPARISON_HEAD, comparisonRows } from "./comparison-table.ts";
import { SCENARIO_ALIGN, SCENARIO_HEAD, scenarioRows } from "./document.ts";
import type { ResultLine } from "./results.ts";
import { textTable } from "./text-table.ts";

/** What the lines amount to, as tables for a terminal. */
export function printSummary(lines: readonly ResultLine[]): void {
  const comparisons = compareAll(lines);
  if (comparisons.length > 0) {
    console.log(`\n${textTable(COMPARISON_HEAD, comparisonRows(comparisons), COMPARISON_ALIGN)}`);
  }
  const rows = scenarioRows(lines);
  if (rows.length > 0) console.log(`\n${textTable(SCENARIO_HEAD, rows, SCENARIO_ALIGN)}`);
}
