import type { Status } from "../store/status-store.ts";
import type { StateInfo } from "./herder.ts";

/** A status as REST shows it: traces and versions only where there are some. */
export function stateInfo({ state, workerId, trace, version }: Status): StateInfo {
  return {
    state,
    worker_id: workerId,
    ...(trace && { trace }),
    ...(version && { version }),
  };
}
