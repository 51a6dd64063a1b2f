import { isRetriable } from "@millrace/connect-api";
import { MongoNetworkError, MongoServerError, MongoServerSelectionError } from "mongodb";
import { expect, test } from "vitest";
import { toConnectError } from "./errors.ts";

const socketError = (code: string) => Object.assign(new Error("gone"), { code, syscall: "write" });
const serverError = (code: number) => new MongoServerError({ message: "no", code });
const selectionError = (cause: Error) =>
  new MongoServerSelectionError("none", { error: cause } as never);

test.each([
  ["a lost connection", new MongoNetworkError("connection closed"), true],
  ["no server", selectionError(new Error("refused")), true],
  ["a change of primary", serverError(10_107), true],
  [
    "a socket's own error, as the driver hands it on where it was writing",
    socketError("EPIPE"),
    true,
  ],
  ["a connection reset while writing", socketError("ECONNRESET"), true],
  ["a file that is not there", Object.assign(new Error("no"), { code: "ENOENT" }), false],
  ["no rights", serverError(13), false],
  ["a refused user", selectionError(serverError(18)), false],
  ["an error of the program", new TypeError("undefined is not a function"), false],
])("%s passes by itself or not", (_, error, passes) => {
  expect(isRetriable(toConnectError(error, "Cannot write"))).toBe(passes);
});
