import type { UnitState } from "../threads/units.ts";
import type { TaskLife } from "./life.ts";

/** Holds a loop up while its task is paused, and reports PAUSED and RUNNING. */
export async function pauseGate(
  life: TaskLife,
  reportState: (state: UnitState) => void,
): Promise<void> {
  if (!life.paused || life.stopping.aborted) return;
  reportState("PAUSED");
  while (life.paused && !life.stopping.aborted) {
    await life.changed();
    life.throwIfFailed();
  }
  if (!life.stopping.aborted) reportState("RUNNING");
}
