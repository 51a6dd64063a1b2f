import { formatNumber } from "../report/figures.ts";
import { textTable } from "../report/text-table.ts";
import type { Share } from "./cpu-profile.ts";
import { busyMs, type ProfiledThread } from "./run.ts";

const TOP_FUNCTIONS = 25;
/** Less than this part of a thread's time is not worth a line, */
const LEAST_PART = 0.005;
/** nor this part of all threads' time a table. */
const LEAST_THREAD = 0.1;

/** The busiest threads first; a thread that did next to nothing is only named. */
export function printProfile(threads: readonly ProfiledThread[]): void {
  const allBusy = threads.reduce((sum, thread) => sum + busyMs(thread), 0);
  for (const thread of threads) {
    const busy = busyMs(thread);
    console.log(
      `\n== ${thread.name}: busy ${formatNumber(busy / 1000, 2)} s of ${formatNumber(thread.totalMs / 1000, 2)} s (${thread.file})`,
    );
    if (busy < allBusy * LEAST_THREAD) continue;
    printShares("by package", thread.packages, busy);
    printShares("by function, self time", thread.functions.slice(0, TOP_FUNCTIONS), busy);
  }
}

function printShares(title: string, shares: readonly Share[], busy: number): void {
  const rows = shares
    .filter(({ ms }) => ms >= busy * LEAST_PART)
    .map(({ name, ms }) => [
      `${formatNumber(ms, 0)} ms`,
      `${formatNumber((100 * ms) / busy, 1)} %`,
      name,
    ]);
  console.log(textTable(["", "", title], rows, ["right", "right", "left"]));
}
