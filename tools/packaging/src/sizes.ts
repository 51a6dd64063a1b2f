import { join } from "node:path";
import { installPacked } from "./install.ts";
import type { Packed } from "./pack.ts";
import { pluginPackages, RUNTIME } from "./plugins.ts";
import { megabytes, type Size, sizeOf } from "./size.ts";

/** What an operator installs, with all its dependencies. */
export interface Installed extends Size {
  readonly what: string;
}

/** Installs the worker, and each package of plugins into a folder of its own, and looks how large they are. */
export async function measureSizes(
  folder: string,
  packed: readonly Packed[],
): Promise<Installed[]> {
  const installed: Installed[] = [];
  for (const name of [RUNTIME, ...(await pluginPackages())]) {
    const place = join(folder, name);
    await installPacked(place, packed, [name]);
    installed.push({ what: name, ...(await sizeOf(join(place, "node_modules"))) });
  }
  const bytes = installed.reduce((sum, each) => sum + each.bytes, 0);
  const onDisk = installed.reduce((sum, each) => sum + each.onDisk, 0);
  return [...installed, { what: "a worker with all of them", bytes, onDisk }];
}

/** A table for the README. */
export function sizesTable(installed: readonly Installed[]): string {
  const rows = installed.map(
    ({ what, bytes, onDisk }) =>
      `| ${what.replace("@millrace/", "")} | ${whole(bytes)} | ${whole(onDisk)} |`,
  );
  return ["| | MB of files | MB on disk |", "|---|---|---|", ...rows].join("\n");
}

function whole(bytes: number): number {
  return Math.ceil(megabytes(bytes));
}
