import { describe, expect, it } from "vitest";
import { losses, recordText, StreamCounts } from "../count/stream-counts.ts";
import { passed, reportText } from "./report.ts";
import type { SoakReport } from "./soak.ts";

/** A run in which these numbers of three have arrived, in the file and in the topic. */
function run(inFile: readonly number[], inTopic: readonly number[] = [1, 2, 3]): SoakReport {
  const report = (numbers: readonly number[]) => {
    const counts = new StreamCounts();
    for (const number of numbers) counts.addText(recordText("s", number));
    return counts.report(new Map([["s", 3]]));
  };
  const [files, topics] = [report(inFile), report(inTopic)];
  return {
    verdict: {
      topics,
      files,
      overlaps: [],
      losses: [...losses("topics", topics), ...losses("files", files)],
    },
    unexplainedOverlaps: [],
    actions: new Map([["kill", 2]]),
    settledMs: [3_000, 1_000],
    memory: [],
    errors: [],
    complaints: [],
  };
}

describe("a run", () => {
  it("passes when all records arrived, some of them twice", () => {
    expect(passed(run([1, 2, 1, 2, 3]))).toBe(true);
    expect(reportText(run([1, 2, 1, 2, 3]))).toContain("files: 3 of 3, 2 repeated in 1 rewinds");
  });

  it("fails when one record is missing, in a file or in a topic", () => {
    expect(passed(run([1, 2]))).toBe(false);
    expect(passed(run([1, 3]))).toBe(false);
    expect(passed(run([1, 2, 3], [1, 2]))).toBe(false);
    const text = reportText(run([1, 3]));
    expect(text).toContain("files, stream s: 1 of 3 are missing, first 2");
    expect(text).toContain("FAILED");
  });

  it("fails when a worker misbehaves", () => {
    expect(passed({ ...run([1, 2, 3]), complaints: ["it has ended by itself"] })).toBe(false);
  });
});
