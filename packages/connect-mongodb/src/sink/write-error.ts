import { DataError } from "@millrace/connect-api";
import { toJson } from "../bson/json-writer.ts";

/** One operation's error, as the server or the driver says it. */
export interface OperationError {
  readonly code: number;
  readonly message: string;
  readonly details?: Record<string, unknown> | undefined;
}

/** Why a record was not written, in the words of Java's `WriteException`. */
export function writeError({ code, message, details = {} }: OperationError): DataError {
  return new DataError(`v=1, code=${code}, message=${message}, details=${toJson(details)}`, {
    javaName: "com.mongodb.kafka.connect.sink.dlq.WriteException",
  });
}
