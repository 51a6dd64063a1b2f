import { TopicPartitionMap } from "@millrace/connect-api";
import { describe, expect, it } from "vitest";
import { quietLogger } from "../../test/support/failed-records.ts";
import { SinkContext } from "./sink-context.ts";

const A = { topic: "t", partition: 0 };
const B = { topic: "t", partition: 1 };

function contextOf(...assignment: (typeof A)[]) {
  const context = new SinkContext({}, quietLogger);
  context.setAssignment(assignment);
  return context;
}

describe("SinkContext", () => {
  it("forgets what was asked for partitions that went away", () => {
    const context = contextOf(A, B);
    context.pause([A, B]);
    context.offset(
      new TopicPartitionMap([
        [A, 1],
        [B, 2],
      ]),
    );
    context.setAssignment([B]);
    expect([...context.takeRewinds()]).toEqual([[B, 2]]);
    expect([A, B].map((tp) => context.isPaused(tp))).toEqual([false, true]);
    // It comes back unpaused, as in Java.
    context.setAssignment([A, B]);
    expect(context.isPaused(A)).toBe(false);
  });

  it("refuses to pause or resume what is not assigned, and pauses nothing then", () => {
    const context = contextOf(A);
    expect(() => context.pause([A, B])).toThrow(/may not pause partitions.*t-1/);
    expect(() => context.resume([B])).toThrow(/may not resume partitions.*t-1/);
    expect(context.isPaused(A)).toBe(false);
  });

  it("gives each wish once", () => {
    const context = contextOf(A);
    context.requestCommit();
    context.timeout(7);
    expect([context.takeCommitRequested(), context.takeTimeoutMs()]).toEqual([true, 7]);
    expect([context.takeCommitRequested(), context.takeTimeoutMs()]).toEqual([false, undefined]);
  });
});
