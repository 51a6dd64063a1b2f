import { compileJavaRegex } from "@millrace/connect-api";

/** What is wrong with a regular expression, for the check of a key; undefined when nothing is. */
export function regexProblem(pattern: string): string | undefined {
  try {
    compileJavaRegex(pattern);
    return undefined;
  } catch (error) {
    return `Invalid regex: ${(error as Error).message}`;
  }
}
