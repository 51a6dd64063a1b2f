import {
  type ConfigDef,
  type ConnectRecord,
  DataError,
  parseConfig,
  type Props,
  type Transformation,
  JavaDateFormat,
} from "@millrace/connect-api";
import { recordText } from "./record-text.ts";

const CONFIG = {
  "topic.format": {
    type: "STRING",
    default: "${topic}-${timestamp}",
    importance: "HIGH",
    doc: "The new name of the topic; `${topic}` and `${timestamp}` in it are replaced.",
  },
  "timestamp.format": {
    type: "STRING",
    default: "yyyyMMdd",
    importance: "HIGH",
    check: (value) => patternProblem(value as string),
    doc: "Pattern of Java's SimpleDateFormat that the record's timestamp is written by, in UTC.",
  },
} as const satisfies ConfigDef;

/** Renames topics by the record's timestamp (Java: `org.apache.kafka.connect.transforms.TimestampRouter`). */
export class TimestampRouter implements Transformation {
  #topicFormat = "";
  #timestampFormat!: JavaDateFormat;
  /** Records mostly go where the one before went. */
  #last = { topic: "", formatted: "", renamed: "" };

  config(): ConfigDef {
    return CONFIG;
  }

  configure(props: Props): void {
    const config = parseConfig(CONFIG, props);
    this.#topicFormat = config["topic.format"];
    this.#timestampFormat = new JavaDateFormat(config["timestamp.format"]);
  }

  apply(record: ConnectRecord): ConnectRecord {
    const { topic, timestamp } = record;
    if (timestamp === null) {
      throw new DataError(`Timestamp missing on record: ${recordText(record)}`);
    }
    const formatted = this.#timestampFormat.format(new Date(timestamp));
    if (topic !== this.#last.topic || formatted !== this.#last.formatted) {
      const renamed = this.#topicFormat
        .replaceAll("${topic}", () => topic)
        .replaceAll("${timestamp}", () => formatted);
      this.#last = { topic, formatted, renamed };
    }
    return record.newRecord({ topic: this.#last.renamed });
  }
}

/** Java finds that out with the first record. */
function patternProblem(pattern: string): string | undefined {
  try {
    void new JavaDateFormat(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
