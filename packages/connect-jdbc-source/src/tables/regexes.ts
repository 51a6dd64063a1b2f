import { compileJavaRegex, ConfigError, isConnectError } from "@millrace/connect-api";

/** What is wrong with a list of regular expressions, or undefined. */
export function checkRegexes(value: unknown): string | undefined {
  for (const pattern of value as readonly string[]) {
    const wrong = regexFault(pattern);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** What is wrong with one regular expression in Java's syntax, or undefined. */
export function regexFault(pattern: string): string | undefined {
  try {
    compileJavaRegex(pattern);
    return undefined;
  } catch (error) {
    if (!isConnectError(error)) throw error;
    return `Not a regular expression: ${error.message}`;
  }
}

/** @throws {ConfigError} when it is none */
export function regexOf(key: string, pattern: string): RegExp {
  try {
    return compileJavaRegex(pattern);
  } catch (cause) {
    throw new ConfigError(key, pattern, "Not a regular expression", { cause });
  }
}
