import { Interrupted } from "../errors/interrupted.ts";
import { reasonOf, traceOf } from "../errors/trace.ts";
import type { UnitState } from "../threads/units.ts";
import type { TaskLife } from "./life.ts";

/** Both loops, source and sink, in one shape: runs until told to stop, or throws. */
export type TaskBody = (reportState: (state: UnitState) => void) => Promise<void>;

/**
 * The life of a task around its loop (Java: `WorkerTask.doRun`): one created paused waits
 * before it starts; at its end it reports UNASSIGNED, or FAILED with the trace. A
 * cancelled task reports nothing more: its work may run elsewhere already.
 */
export async function runTask(
  life: TaskLife,
  body: TaskBody,
  report: (state: UnitState, trace?: string) => void,
): Promise<void> {
  const reportState = (state: UnitState, trace?: string) => {
    if (!life.cancelled.aborted) report(state, trace);
  };
  try {
    if (life.paused) reportState("PAUSED");
    while (life.paused && !life.stopping.aborted) await life.changed();
    if (!life.stopping.aborted) await body(reportState);
    reportState("UNASSIGNED");
  } catch (error) {
    if (reasonOf(error) instanceof Interrupted) reportState("UNASSIGNED");
    else reportState("FAILED", traceOf(error));
  }
}
