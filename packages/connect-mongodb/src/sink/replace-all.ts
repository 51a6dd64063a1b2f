import { compileJavaRegex } from "@millrace/connect-api";

/**
 * A function that replaces all that a Java expression finds; `$1` in the replacement is a group,
 * `\` makes the next character itself (Java: `String.replaceAll`).
 * @throws {ConnectError} when the expression is none
 */
export function replaceAll(pattern: string, replacement: string): (text: string) => string {
  const whole = compileJavaRegex(pattern);
  // Whole texts are what it was compiled for: what stands around the expression goes.
  const found = new RegExp(whole.source.slice("^(?:".length, -")$".length), `${whole.flags}g`);
  const parts = [...replacement.matchAll(/\\(.)|\$(\d)|[^\\$]+|[\\$]/gs)];
  const expand = (groups: readonly (string | undefined)[]) =>
    parts
      .map(([text, escaped, group]) =>
        group === undefined ? (escaped ?? text) : (groups[Number(group)] ?? ""),
      )
      .join("");
  return (text) => text.replace(found, (...match) => expand(match as string[]));
}
