import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, makeRunFolder, type RunFolder } from "@millrace/services";

/** Input and output files of a run; they go when it ends, however it ends. */
export interface WorkFolder extends AsyncDisposable {
  readonly path: string;
}

export function makeWorkFolder(): WorkFolder {
  const folder: RunFolder = makeRunFolder("bench-work");
  return { path: folder.path, [Symbol.asyncDispose]: () => folder.remove() };
}

/** Where results are kept: the folder that was asked for, else one in the user's cache folder. */
export function resultFolder(asked: string | undefined, kind: string): string {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const folder = asked ?? join(cacheFolder(), "bench", `${stamp}-${kind}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}
