import { ConfigError, parseType, type Props } from "@millrace/connect-api";

/** What a sink consumes: the topics of `topics`, or those that match `topics.regex`. */
export type Subscription = { readonly topics: string[] } | { readonly topicsRegex: RegExp };

/** @throws {ConfigError} when neither or both are given, or the expression is not valid */
export function subscriptionOf(props: Props): Subscription {
  const { topics, "topics.regex": regex } = props;
  const list = topics === undefined ? [] : (parseType("topics", "LIST", topics) as string[]);
  if (list.length > 0 && regex) {
    throw new ConfigError(
      "topics.regex",
      regex,
      "topics and topics.regex are mutually exclusive options, but both are set.",
    );
  }
  if (list.length > 0) return { topics: list };
  if (!regex) {
    throw new ConfigError("topics", topics ?? null, "Must configure one of topics or topics.regex");
  }
  try {
    // As in Java the expression has to match the whole name.
    return { topicsRegex: new RegExp(`^(?:${regex})$`, "u") };
  } catch (error) {
    throw new ConfigError("topics.regex", regex, "not a valid regular expression", {
      cause: error,
    });
  }
}
