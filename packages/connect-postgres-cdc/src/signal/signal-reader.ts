import type { Logger } from "@millrace/connect-api";
import type { ChangeObserver } from "../stream/change-reader.ts";
import type { KnownRelation } from "../stream/relations.ts";
import type { IncrementalSnapshot } from "./incremental-snapshot.ts";
import { readLogMessage, readRequest, type Signal, type SnapshotRequest } from "./signals.ts";

/** Takes signals from rows that are inserted into the signal table, as the log brings them. */
export class SignalReader implements ChangeObserver {
  readonly #incremental: IncrementalSnapshot;
  readonly #logger: Logger;
  readonly #requests: SnapshotRequest[] = [];

  constructor(incremental: IncrementalSnapshot, logger: Logger) {
    this.#incremental = incremental;
    this.#logger = logger;
  }

  /** The oldest request for a snapshot that has not been taken. */
  take(): SnapshotRequest | undefined {
    return this.#requests.shift();
  }

  changed(known: KnownRelation, before: unknown[] | null, after: unknown[] | null): void {
    const plan = known.plan!;
    if (known.isSignal) {
      if (before === null && after !== null) this.#signal(signalOf(known, after));
      else if (after === null && before !== null)
        this.#incremental.unmarked(signalOf(known, before).id);
      return;
    }
    if (before !== null && plan.key !== null) this.#incremental.changed(plan, before);
    if (after !== null && plan.key !== null) this.#incremental.changed(plan, after);
  }

  committed(lsn: number): void {
    this.#incremental.committed(lsn);
  }

  #signal(signal: Signal): void {
    if (this.#incremental.marked(signal.id)) return;
    switch (signal.type) {
      case "execute-snapshot": {
        const request = readRequest(signal, this.#logger);
        if (request !== undefined) this.#requests.push(request);
        break;
      }
      case "stop-snapshot":
        this.#incremental.stop(readRequest(signal, this.#logger)?.tables ?? []);
        break;
      case "pause-snapshot":
        this.#incremental.pause();
        break;
      case "resume-snapshot":
        this.#incremental.resume();
        break;
      case "log":
        this.#logger.info(readLogMessage(signal, this.#logger) ?? `Signal ${signal.id}`);
        break;
      case "snapshot-window-open":
      case "snapshot-window-close":
        // Another connector's, or one of before a restart.
        break;
      default:
        this.#logger.warn(
          `Signal ${signal.id} has the unknown type ${signal.type}; there are execute-snapshot, stop-snapshot, pause-snapshot, resume-snapshot and log`,
        );
    }
  }
}

/** The signal table has id, type and data as its first columns, whatever they are called. */
function signalOf({ plan }: KnownRelation, row: unknown[]): Signal {
  const text = (i: number) => {
    const place = plan!.columns[i]?.place ?? -1;
    const value = place < 0 ? null : row[place];
    return typeof value === "string" ? value : null;
  };
  return { id: text(0) ?? "", type: text(1) ?? "", data: text(2) };
}
