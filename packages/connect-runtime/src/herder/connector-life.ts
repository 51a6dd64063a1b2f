import type { ConnectorListener, ConnectorUnit, UnitState } from "../threads/units.ts";

/** What came of a start: undefined, or why it failed. */
export type StartOutcome = string | undefined;

export interface LifeEvents {
  onState(state: UnitState, trace: string | undefined): void;
  onReconfigurationRequest(): void;
  onReloadRequest(): void;
}

/**
 * One life of a connector's unit, from start to stop. Events of a life that is over are
 * dropped: those of the next one would be mistaken for them.
 */
export class ConnectorLife {
  readonly unit: ConnectorUnit;
  /** Aborted when this life ends; ends waiting for task configurations too. */
  readonly #over = new AbortController();
  /** Resolves when the first state is reached, or the life ends before. */
  readonly started: Promise<StartOutcome>;
  #settle: (outcome: StartOutcome) => void = () => undefined;
  #state: UnitState | undefined;

  constructor(start: (listener: ConnectorListener) => ConnectorUnit, events: LifeEvents) {
    this.started = new Promise((resolve) => (this.#settle = resolve));
    this.unit = start({
      onState: (state, trace) => {
        if (this.over.aborted) return;
        this.#state = state;
        this.#settle(state === "FAILED" ? headline(trace) : undefined);
        events.onState(state, trace);
      },
      onReconfigurationRequest: () => {
        if (!this.over.aborted) events.onReconfigurationRequest();
      },
      onReloadRequest: () => {
        if (!this.over.aborted) events.onReloadRequest();
      },
    });
  }

  get over(): AbortSignal {
    return this.#over.signal;
  }

  get running(): boolean {
    return this.#state === "RUNNING" && !this.over.aborted;
  }

  /** Resolves when the unit has ended; its last state is still reported. */
  async stop(): Promise<void> {
    this.#state = undefined;
    try {
      await this.unit.stop();
    } finally {
      this.#over.abort();
      this.#settle("it was stopped before it had started");
    }
  }
}

/** The first line of a trace, without the class of the error. */
function headline(trace: string | undefined): string {
  const line = trace?.split("\n", 1)[0] ?? "";
  return line.replace(/^[\w.$]+: /, "") || "unknown error";
}
