/** Where a record was when something went wrong (Java: `Stage`); the names appear in logs and dead letters. */
export type Stage =
  | "TASK_PUT"
  | "TASK_POLL"
  | "TRANSFORMATION"
  | "KEY_CONVERTER"
  | "VALUE_CONVERTER"
  | "HEADER_CONVERTER"
  | "KAFKA_PRODUCE"
  | "KAFKA_CONSUME";
