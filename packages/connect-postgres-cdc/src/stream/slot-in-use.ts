import { ConnectError } from "@millrace/connect-api";
import { detailsOf } from "../faults.ts";

const OBJECT_IN_USE = "55006";

/** Whether somebody else reads from the slot. */
export function isSlotActive(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return detailsOf(cause).code === OBJECT_IN_USE;
}

export function slotInUse(slot: string, cause: unknown): ConnectError {
  const said = detailsOf(cause instanceof Error ? cause.cause : cause).message;
  return new ConnectError(
    `Slot ${slot} is in use: ${said}. Each connector needs a slot of its own: set slot.name to another, or stop the other reader (SELECT pg_terminate_backend of that PID)`,
    { cause },
  );
}
