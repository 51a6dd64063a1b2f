import { isRetriable } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { fileError } from "./file-error.ts";

function failed(code: string): Error {
  return Object.assign(new Error(`${code}: what the system says`), { code });
}

test("names attempt, file and remedy, and keeps the cause", () => {
  const cause = failed("EACCES");
  const error = fileError("open", "/a.txt", cause);
  expect(error.message).toBe(
    "Could not open file /a.txt: the worker's user has no permission; " +
      "allow it to that user or name another file (EACCES)",
  );
  expect(error.cause).toBe(cause);
  expect(isRetriable(error)).toBe(false);
});

test("says what the system says of a code it does not know", () => {
  expect(fileError("read", "/a.txt", failed("EIO")).message).toBe(
    "Could not read file /a.txt: EIO: what the system says (EIO)",
  );
  expect(fileError("read", "/a.txt", new Error("odd")).message).toBe(
    "Could not read file /a.txt: odd",
  );
});

test.each(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE"])("%s may pass", (code) => {
  expect(isRetriable(fileError("write to", "/a.txt", failed(code)))).toBe(true);
});
