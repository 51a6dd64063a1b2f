import {
  type ConfigDef,
  type ConnectRecord,
  parseConfig,
  type Props,
  type Transformation,
} from "@millrace/connect-api";
import { regexProblem } from "./regex-problem.ts";
import { topicRenaming } from "./topic-renaming.ts";

const CONFIG = {
  regex: {
    type: "STRING",
    importance: "HIGH",
    check: (value) => regexProblem(value as string),
    doc: "A Java regular expression that the whole name of the topic must match; other topics keep their name.",
  },
  replacement: {
    type: "STRING",
    importance: "HIGH",
    doc: "The new name of the topic; `$1` and `${name}` in it stand for groups of the expression.",
  },
} as const satisfies ConfigDef;

/** Renames topics by a regular expression (Java: `org.apache.kafka.connect.transforms.RegexRouter`). */
export class RegexRouter implements Transformation {
  #rename: (topic: string) => string | undefined = () => undefined;
  /** Records mostly go where the one before went. */
  #last: { readonly topic: string; readonly renamed: string | undefined } | undefined;

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const { regex, replacement } = parseConfig(CONFIG, props);
    this.#rename = topicRenaming(regex, replacement);
    this.#last = undefined;
  }

  apply(record: ConnectRecord): ConnectRecord {
    const { topic } = record;
    if (this.#last?.topic !== topic) this.#last = { topic, renamed: this.#rename(topic) };
    const { renamed } = this.#last;
    return renamed === undefined ? record : record.newRecord({ topic: renamed });
  }
}
