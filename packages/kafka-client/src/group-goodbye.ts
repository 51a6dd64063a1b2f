import type { Clock } from "./clock.ts";
import { errorName } from "./errors.ts";
import type { GroupTransport } from "./group-transport.ts";

/** A good-bye is a courtesy: nobody waits longer for its answer. */
const LEAVE_TIMEOUT_MS = 5000;

/** Tells the coordinator. @returns the name of the answer's code, or why there was no answer */
export function sayGoodbye(
  transport: GroupTransport,
  clock: Clock,
  memberId: string,
  reason: string,
): Promise<string> {
  return new Promise((resolve) => {
    const end = (outcome: string): void => {
      cancel();
      resolve(outcome);
    };
    const cancel = clock.after(LEAVE_TIMEOUT_MS, () =>
      resolve(`no answer within ${LEAVE_TIMEOUT_MS} ms`),
    );
    transport.leave(memberId, reason).then(
      ({ errorCode }) => end(errorName(errorCode)),
      (error: unknown) => end(error instanceof Error ? error.message : String(error)),
    );
  });
}
