import { ConnectError } from "./errors.ts";

/** Java's `PatternSyntaxException`: what is wrong, where, and the pattern with a mark below. */
export function patternSyntaxError(problem: string, pattern: string, index: number): ConnectError {
  const mark = index < pattern.length ? `\n${" ".repeat(Math.max(0, index))}^` : "";
  return new ConnectError(`${problem} near index ${index}\n${pattern}${mark}`, {
    javaName: "java.util.regex.PatternSyntaxException",
  });
}
