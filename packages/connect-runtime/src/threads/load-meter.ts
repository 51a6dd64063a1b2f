import type { EventLoopUtilization, Performance } from "node:perf_hooks";

type Utilization = Performance["eventLoopUtilization"];

/** Measures how busy an event loop was over a sliding window. */
export class LoadMeter {
  readonly #utilization: Utilization;
  readonly #samples: EventLoopUtilization[] = [];
  readonly #count: number;

  /** @param samples that the window is long: one is taken with each `sample()` */
  constructor(utilization: Utilization, samples: number) {
    this.#utilization = utilization;
    this.#count = samples;
  }

  /** Call it at a steady pace. */
  sample(): void {
    this.#samples.push(this.#utilization());
    if (this.#samples.length > this.#count) this.#samples.shift();
  }

  /** From the oldest sample until now. */
  get load(): number {
    return this.#utilization(this.#utilization(), this.#samples[0]).utilization;
  }
}
