import { ConnectError } from "@millrace/connect-api";
import { isKafkaError } from "@millrace/kafka-client";
import type { WorkerGroupOptions } from "./worker-group-options.ts";

type Settings = Pick<WorkerGroupOptions, "groupId" | "protocol" | "sessionTimeoutMs">;

/** What to do about what a coordinator refuses for good, and the class that Java throws. */
const REFUSALS: Record<string, { java: string; remedy: (settings: Settings) => string }> = {
  GROUP_AUTHORIZATION_FAILED: {
    java: "GroupAuthorizationException",
    remedy: () => "give the worker's principal READ on this group, or choose another group.id",
  },
  INCONSISTENT_GROUP_PROTOCOL: {
    java: "InconsistentGroupProtocolException",
    remedy: ({ protocol }) =>
      "either a group of another kind, such as consumers, uses this group.id, then choose another one; or " +
      `its workers speak no version that connect.protocol=${protocol} has, then give all of them the same`,
  },
  INVALID_SESSION_TIMEOUT: {
    java: "InvalidSessionTimeoutException",
    remedy: ({ sessionTimeoutMs }) =>
      `session.timeout.ms=${sessionTimeoutMs} must lie between the broker's ` +
      "group.min.session.timeout.ms and group.max.session.timeout.ms",
  },
  INVALID_GROUP_ID: {
    java: "InvalidGroupIdException",
    remedy: () => "give group.id a name",
  },
  GROUP_MAX_SIZE_REACHED: {
    java: "GroupMaxSizeReachedException",
    remedy: () => "raise the broker's group.max.size, or start fewer workers with this group.id",
  },
};

/** What is thrown instead of a Kafka error that no repetition of a join heals. Others stay as they are. */
export function joinError(error: unknown, settings: Settings): unknown {
  if (!isKafkaError(error)) return error;
  const refusal = REFUSALS[error.code];
  const attempted = `Could not join the group of workers ${settings.groupId} (group.id)`;
  if (refusal === undefined)
    return new ConnectError(`${attempted}: ${error.message}`, { cause: error });
  return new ConnectError(`${attempted}: ${error.code}; ${refusal.remedy(settings)}`, {
    cause: error,
    javaName: `org.apache.kafka.common.errors.${refusal.java}`,
  });
}
