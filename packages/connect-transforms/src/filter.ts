import type { ConfigDef, Transformation } from "@millrace/connect-api";

/**
 * Drops every record; to be used with a predicate (Java:
 * `org.apache.kafka.connect.transforms.Filter`).
 */
export class Filter implements Transformation {
  config(): ConfigDef {
    return {};
  }

  configure(): void {}

  apply(): null {
    return null;
  }
}
