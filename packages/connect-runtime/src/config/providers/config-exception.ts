import { ConnectError } from "@millrace/connect-api";

/** An error of a whole message, by the name of Java's `ConfigException`. */
export function configException(message: string, cause?: unknown): ConnectError {
  return new ConnectError(message, {
    ...(cause !== undefined && { cause }),
    javaName: "org.apache.kafka.common.config.ConfigException",
  });
}
