import { expect, test } from "vitest";
import { operation } from "../../test/operations.ts";
import { PartitionProgress } from "@millrace/sink-progress";
import { withoutSuperseded } from "./superseded.ts";

const DONE = { status: 200 };
const REJECTED = {
  status: 429,
  error: { type: "es_rejected_execution_exception", reason: "full" },
};

test("an operation is not repeated after a newer one on its document", () => {
  const progress = new PartitionProgress("t", 0);
  const [old, other, newer] = ["a", "b", "a"].map((id, i) => operation(id, i, { progress })) as [
    ReturnType<typeof operation>,
    ReturnType<typeof operation>,
    ReturnType<typeof operation>,
  ];
  const left = withoutSuperseded([old, other], [old, other, newer], [REJECTED, REJECTED, DONE]);
  expect(left).toEqual([other]);
  expect(progress.committable).toBe(1);
});

test("one that is newer itself, or without version, is repeated", () => {
  const newer = operation("a", 5);
  const older = operation("a", 2);
  expect(withoutSuperseded([newer], [newer, older], [REJECTED, DONE])).toEqual([newer]);
  const updates = [1, 2].map((offset) => operation("a", offset, { version: undefined }));
  expect(withoutSuperseded(updates.slice(0, 1), updates, [REJECTED, DONE])).toHaveLength(1);
});

test("of two with the same version, the later one counts", () => {
  const [first, second] = [1, 2].map((offset) => operation("a", offset, { version: 7n })) as [
    ReturnType<typeof operation>,
    ReturnType<typeof operation>,
  ];
  expect(withoutSuperseded([first], [first, second], [REJECTED, DONE])).toEqual([]);
  expect(withoutSuperseded([second], [first, second], [DONE, REJECTED])).toEqual([second]);
});
