import { ConnectError, type Logger, type Props } from "@millrace/connect-api";
import type { ExactlyOnceSpec } from "../threads/units.ts";

/**
 * The producer settings of a source task that delivers exactly once: those without which it could not,
 * whatever was given for them.
 * @param props of the task's producer otherwise
 * @param workerServers `bootstrap.servers` of the worker, where its offsets topic is
 * @throws {ConnectError} when records would go into another cluster than offsets
 */
export function exactlyOnceProducerProps(
  props: Props,
  { transactionalId }: ExactlyOnceSpec,
  workerServers: string | undefined,
  logger: Logger,
): Props {
  const servers = props["bootstrap.servers"];
  if (workerServers !== undefined && servers !== workerServers) {
    throw new ConnectError(
      `With exactly-once delivery, records and offsets are in one transaction, so both go into the worker's Kafka cluster: leave out producer.bootstrap.servers and producer.override.bootstrap.servers (${servers}), or give them as the worker's bootstrap.servers (${workerServers})`,
    );
  }
  const needed: Props = {
    "enable.idempotence": "true",
    acks: "all",
    "transactional.id": transactionalId,
  };
  for (const [key, value] of Object.entries(needed)) {
    const given = props[key];
    if (given === undefined || given === value || (key === "acks" && given === "-1")) continue;
    logger.warn(
      `Exactly-once delivery needs ${key}=${value}: ${given}, which is given with producer. or producer.override., has no effect`,
    );
  }
  return { ...props, ...needed };
}
