import {
  compileJavaRegex,
  type ConfigDef,
  type ConnectRecord,
  parseConfig,
  type Predicate,
  type Props,
} from "@millrace/connect-api";
import { regexProblem } from "../regex-problem.ts";

const CONFIG = {
  pattern: {
    type: "STRING",
    importance: "MEDIUM",
    nonEmpty: true,
    check: (value) => regexProblem(value as string),
    doc: "A Java regular expression that the whole name of the topic must match.",
  },
} as const satisfies ConfigDef;

/**
 * True for records of topics whose name matches (Java:
 * `org.apache.kafka.connect.transforms.predicates.TopicNameMatches`).
 */
export class TopicNameMatches implements Predicate {
  #pattern = /^/;
  /** Records mostly are of the topic of the one before. */
  #last: { readonly topic: string; readonly matches: boolean } | undefined;

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    this.#pattern = compileJavaRegex(parseConfig(CONFIG, props).pattern);
    this.#last = undefined;
  }

  test({ topic }: ConnectRecord): boolean {
    if (this.#last?.topic !== topic) this.#last = { topic, matches: this.#pattern.test(topic) };
    return this.#last.matches;
  }
}
