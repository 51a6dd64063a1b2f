import type { OddRequest } from "./odd-request.ts";

/**
 * Why a request may be answered with 500: because Java's is. By the message, which is ours; what
 * is not among these is a defect.
 */
const ALLOWED: readonly RegExp[] = [
  // A body that is no JSON, or of another shape: Jackson's exceptions, and Java's null pointers.
  /^The request body /,
  /^The value of "/s,
  /^Entry \d+ of the list /,
  /^Unrecognized field "/s,
  /^"(?:name|config|initial_state|level|partition|offset)"/,
  // Whatever fails in validation there, by its name.
  /^org\.apache\.kafka\.connect\.runtime\.rest\.errors\.BadRequestException: /,
  /^org\.apache\.kafka\.common\.config\.ConfigException: /,
  // An override that does not parse ends the creation of a connector, too.
  /^Invalid value .* for configuration [\w.-]+: /s,
];

/** Whether an answer of this status is one that Java would give too. */
export function isAllowed(_request: OddRequest, status: number, message: string): boolean {
  if (status === 0) return true;
  return status < 500 || ALLOWED.some((pattern) => pattern.test(message));
}
