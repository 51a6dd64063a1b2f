import type { ReportedState, Status } from "../store/status-store.ts";
import type { TargetState } from "../threads/units.ts";
import { Feed } from "./feed.ts";

/** How many are kept for clients that come back, and for those that come late. */
const KEPT = 1_000;

/** A plugin's message may be a whole document. */
const LONGEST_ERROR = 2_000;

/** Something that happened to connectors or to this worker, as REST tells of it. No configuration is in it. */
export type WorkerEvent = { readonly time: string } & (
  | {
      readonly type: "status";
      readonly connector: string;
      /** Absent: of the connector itself. */
      readonly task?: number;
      readonly state: ReportedState;
      readonly previous: ReportedState | null;
      readonly worker_id: string;
      /** The first line of the trace, of what has failed. */
      readonly error?: string;
    }
  | {
      readonly type: "config";
      readonly connector: string;
      readonly change: "created" | "updated" | "deleted";
    }
  | { readonly type: "tasks"; readonly connector: string; readonly count: number }
  | { readonly type: "target"; readonly connector: string; readonly target: TargetState }
  | {
      readonly type: "restart";
      readonly connector: string;
      readonly include_tasks: boolean;
      readonly only_failed: boolean;
    }
  | {
      /** This worker has a new assignment. */
      readonly type: "rebalance";
      readonly generation: number;
      readonly leader: string;
      /** How many run here. */
      readonly connectors: number;
      readonly tasks: number;
    }
);

/** What failed last of a connector. */
export interface LastError {
  readonly task?: number;
  readonly error: string;
  readonly time: string;
  readonly worker_id: string;
}

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;

/** The events of a worker, and of each connector the last error. */
export class Events {
  readonly feed = new Feed<WorkerEvent>(KEPT);
  readonly #errors = new Map<string, LastError>();
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  add(event: Without<WorkerEvent, "time">, timeMs = this.#now()): void {
    this.feed.append({ time: new Date(timeMs).toISOString(), ...event });
    if (event.type === "config" && event.change === "deleted") this.#errors.delete(event.connector);
  }

  /**
   * A status was reported, here or by another worker; it is told where something is new in it.
   * @param before the last one of the same; undefined: there was none
   */
  status(
    connector: string,
    task: number | undefined,
    status: Status | undefined,
    before: Status | undefined,
  ): void {
    // That a status is removed belongs to other events.
    if (status === undefined) return;
    const { state, workerId, trace } = status;
    const isNew = state !== before?.state || workerId !== before.workerId || trace !== before.trace;
    if (!isNew) return;
    const error = trace ? trace.split("\n", 1)[0]!.slice(0, LONGEST_ERROR) : undefined;
    const unit = task === undefined ? {} : { task };
    this.add({
      type: "status",
      connector,
      ...unit,
      state,
      previous: before?.state ?? null,
      worker_id: workerId,
      ...(error !== undefined && { error }),
    });
    if (state !== "FAILED") return;
    const time = new Date(this.#now()).toISOString();
    this.#errors.set(connector, { ...unit, error: error ?? "", time, worker_id: workerId });
  }

  /** Since this worker has started; undefined: nothing of it has failed. */
  lastError(connector: string): LastError | undefined {
    return this.#errors.get(connector);
  }
}
