import { ConnectError, DataError, RetriableError } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { remedyFor } from "./retry.ts";

// What databases say is tried on the databases: test/failures.int.test.ts, test/dialects.int.test.ts.
test.each([
  [new DataError("a value that does not fit"), "records"],
  [new RetriableError("another task has moved the offset"), "again"],
  [new ConnectError("what is not known"), "later"],
])("%s: %s", (error, remedy) => {
  expect(remedyFor(error)).toBe(remedy);
});
