export { Logging, standardOutput, writeTo, type Level } from "./logging.ts";
export type { Worker } from "./worker/foundation.ts";
export { startStandalone } from "./worker/standalone.ts";
export { startDistributed } from "./worker/distributed.ts";
export {
  CONNECTOR_CONFIG,
  OWN_CONNECTOR_CONFIG,
  OWN_SINK_CONFIG,
  OWN_SOURCE_CONFIG,
  SINK_CONNECTOR_CONFIG,
  SOURCE_CONNECTOR_CONFIG,
} from "./config/connector-config.ts";
export { DISTRIBUTED_CONFIG } from "./config/distributed-config.ts";
export { STANDALONE_CONFIG, WORKER_CONFIG } from "./config/worker-config.ts";
export { GROUPS as METRIC_GROUPS } from "./metrics/metrics.ts";
export { metricName, type Group as MetricGroup } from "./metrics/group.ts";
export { operations as restOperations } from "./rest/api/api.ts";
export type {
  Answer as RestAnswer,
  JsonSchema,
  Method as RestMethod,
  Operation as RestOperation,
} from "./rest/api/operation.ts";
