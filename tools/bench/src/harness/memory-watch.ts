import { residentMb } from "./process-tree-use.ts";

const EVERY_MS = 250;

/** Samples the memory of a process tree until it is disposed. */
export class MemoryWatch implements Disposable {
  /** In MiB, one every 250 ms. */
  readonly samples: number[] = [];
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#pid = pid;
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), EVERY_MS);
  }

  get peakMb(): number {
    return Math.max(...this.samples);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    this.samples.push(residentMb(this.#pid));
  }
}
