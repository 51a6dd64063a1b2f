import { ConnectError } from "@millrace/connect-api";

/**
 * Compiles a regular expression written for Java (`topics.regex`, `topic.creation.*`) so
 * that it matches whole texts, as `Matcher.matches` does. Java's leading flags, `(?i)`
 * and its like, become flags here.
 * @throws {ConnectError} in the wording of Java's `PatternSyntaxException`
 */
export function compileJavaRegex(pattern: string): RegExp {
  const [, flags = "", body = ""] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(pattern)!;
  try {
    return new RegExp(`^(?:${body})$`, `${flags}u`);
  } catch (strict) {
    // Unicode mode refuses needless escapes such as \- or \_, which Java accepts.
    try {
      return new RegExp(`^(?:${body})$`, flags);
    } catch {
      throw new ConnectError(syntaxProblem(pattern, body, strict as Error), { cause: strict });
    }
  }
}

function syntaxProblem(pattern: string, body: string, error: Error): string {
  const reason = messageFor(body, error);
  if (reason.includes("Unterminated character class")) {
    return at("Unclosed character class", pattern, pattern.length - 1);
  }
  if (reason.includes("Unterminated group")) return at("Unclosed group", pattern, pattern.length);
  const dangling = /^[*+?]/.exec(pattern)?.[0];
  if (dangling !== undefined) return at(`Dangling meta character '${dangling}'`, pattern, 0);
  return `${reason}\n${pattern}`;
}

/** V8's reason for the pattern alone, without what is put around it to match whole texts. */
function messageFor(body: string, error: Error): string {
  let message = error.message;
  try {
    void new RegExp(body, "u");
  } catch (plain) {
    message = (plain as Error).message;
  }
  return message.slice(message.lastIndexOf(": ") + 2);
}

function at(problem: string, pattern: string, index: number): string {
  const caret = index < pattern.length ? `\n${" ".repeat(index)}^` : "";
  return `${problem} near index ${index}\n${pattern}${caret}`;
}
