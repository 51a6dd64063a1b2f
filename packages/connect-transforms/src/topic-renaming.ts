import { ConfigError, compileJavaRegex, isConnectError, JavaSearch } from "@millrace/connect-api";
import { ReplacementTemplate } from "./replacement-template.ts";

/**
 * Renames what matches a regular expression as a whole, as RegexRouter does; undefined for
 * what does not.
 * @throws {ConfigError} for a malformed replacement
 */
export function topicRenaming(
  regex: string,
  replacement: string,
  { replacementKey = "replacement" } = {},
): (topic: string) => string | undefined {
  const whole = compileJavaRegex(regex);
  // Java replaces what it finds first, which may be less than the whole text that matched.
  const search = new JavaSearch(regex);
  const template = compileTemplate(replacement, search, replacementKey);
  return (topic) => {
    if (!whole.test(topic)) return undefined;
    const found = search.find(topic);
    if (found === undefined) return topic;
    const end = found.index + found.groups[0]!.length;
    return topic.slice(0, found.index) + template.expand(found) + topic.slice(end);
  };
}

function compileTemplate(
  replacement: string,
  search: JavaSearch,
  key: string,
): ReplacementTemplate {
  try {
    return new ReplacementTemplate(replacement, search);
  } catch (error) {
    if (!isConnectError(error)) throw error;
    throw new ConfigError(key, replacement, error.message);
  }
}
