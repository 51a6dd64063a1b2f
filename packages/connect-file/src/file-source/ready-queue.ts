import type { TrackedFile } from "./tracked-file.ts";

/** So many places of files that have had their turn are not worth moving the others up. */
const SMALL = 1024;

/** Files that wait to be read, each once, in the order in which they came. */
export class ReadyQueue {
  readonly #files: TrackedFile[] = [];
  #next = 0;

  add(file: TrackedFile): void {
    if (file.isQueued) return;
    file.isQueued = true;
    this.#files.push(file);
  }

  /** The file whose turn it is. It stays queued until whoever takes it says otherwise. */
  take(): TrackedFile | undefined {
    const file = this.#files[this.#next];
    if (file === undefined) return undefined;
    this.#next += 1;
    // Of tens of thousands, moving all up for each one takes longer than reading it.
    const isDue = this.#next >= SMALL && this.#next * 2 >= this.#files.length;
    if (isDue || this.#next === this.#files.length) {
      this.#files.splice(0, this.#next);
      this.#next = 0;
    }
    return file;
  }
}
