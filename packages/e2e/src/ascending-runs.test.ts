import { expect, it } from "vitest";
import { ascendingRuns } from "./ascending-runs.ts";

it("tells repetitions from losses", () => {
  expect(ascendingRuns([1, 2, 3])).toEqual({ count: 3, distinct: 3, rewinds: 0, gaps: [] });
  expect(ascendingRuns([1, 2, 3, 2, 3, 4])).toEqual({
    count: 6,
    distinct: 4,
    rewinds: 1,
    gaps: [],
  });
  expect(ascendingRuns([1, 2, 5])).toMatchObject({ distinct: 3, gaps: [5] });
  expect(ascendingRuns([2])).toMatchObject({ gaps: [2] });
});
