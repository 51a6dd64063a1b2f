import { RefusedError, TimedOutError, UnreachableError } from "./client/errors.ts";

/** What scripts may rely on; listed in the README. */
export const EXIT = {
  done: 0,
  /** The worker refused, or what was asked for has not come true. */
  failed: 1,
  /** Wrong arguments, files or settings: nothing was sent. */
  usage: 2,
  unreachable: 3,
  notFound: 4,
  denied: 5,
  timedOut: 6,
  /** By Ctrl-C, as shells expect it. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What a person has to change in arguments, files or settings. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command was understood and carried out, but not to the end that was asked for. */
export class FailedError extends Error {
  override readonly name = "FailedError";
}

/** Nothing is there that bears the name. */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof NotFoundError) return EXIT.notFound;
  if (error instanceof UnreachableError) return EXIT.unreachable;
  if (error instanceof TimedOutError) return EXIT.timedOut;
  if (!(error instanceof RefusedError)) return EXIT.failed;
  if (error.isRebalance) return EXIT.timedOut;
  if (error.status === 404) return EXIT.notFound;
  return error.status === 401 || error.status === 403 ? EXIT.denied : EXIT.failed;
}
