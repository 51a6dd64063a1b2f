import type { ConfigDef, ConnectRecord, Predicate } from "@millrace/connect-api";

/**
 * True for records without value, whatever their schema (Java:
 * `org.apache.kafka.connect.transforms.predicates.RecordIsTombstone`).
 */
export class RecordIsTombstone implements Predicate {
  config(): ConfigDef {
    return {};
  }

  configure(): void {}

  test(record: ConnectRecord): boolean {
    return record.value === null;
  }
}
