import { ConnectError, RetriableError } from "@millrace/connect-api";

const MEANING: Readonly<Record<string, string>> = {
  EACCES: "the worker's user has no permission; allow it to that user or name another file",
  EPERM: "the operating system does not permit it; name another file",
  EISDIR: "it is a folder; name a file",
  ENOTDIR: "a part of the path is not a folder; correct the path",
  ENOENT: "its folder does not exist; create it or correct the path",
  ELOOP: "its links lead in a circle; correct them",
  ENAMETOOLONG: "the path is too long",
  EMFILE: "the worker has too many files open; raise its limit (ulimit -n)",
  ENFILE: "the machine has too many files open",
  ENOSPC: "the disk is full; free some space",
  EDQUOT: "the disk quota is used up; free some space",
  ENXIO: "it is a named pipe that nobody reads; start its reader first",
  EROFS: "the file system is read-only",
};

/** Conditions that end without the connector being changed or restarted. */
const PASSING = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE"]);

/**
 * An error of the file system as an error of the contract: what was attempted, on which
 * file, and what to do about it.
 * @param attempt a verb phrase such as `write to`
 */
export function fileError(attempt: string, file: string, cause: unknown): ConnectError {
  const code = errorCode(cause);
  const meaning = MEANING[code] ?? (cause instanceof Error ? cause.message : String(cause));
  const message = `Could not ${attempt} file ${file}: ${meaning}${code && ` (${code})`}`;
  return PASSING.has(code)
    ? new RetriableError(message, { cause })
    : new ConnectError(message, { cause });
}

/** The system's code of an error, e.g. `ENOENT`; empty when it has none. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
