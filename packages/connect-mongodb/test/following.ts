import type { SourceRecord } from "@millrace/connect-api";
import type { SourceRun } from "@millrace/connect-testkit";

/** Polls until the change stream is open, so that all that is written from here on is in it. Gives what came. */
export async function following(run: SourceRun): Promise<SourceRecord[]> {
  const early: SourceRecord[] = [];
  while (!run.logger.messages("info").includes("The change stream is open")) {
    early.push(...(await run.takeFor(10)));
  }
  return early;
}
