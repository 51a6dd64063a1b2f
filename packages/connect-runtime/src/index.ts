export { Logging, standardOutput, writeTo, type Level } from "./logging.ts";
export type { Worker } from "./worker/foundation.ts";
export { startStandalone } from "./worker/standalone.ts";
export { startDistributed } from "./worker/distributed.ts";
export { GROUPS as METRIC_GROUPS } from "./metrics/metrics.ts";
export { metricName, type Group as MetricGroup } from "./metrics/group.ts";
export { operations as restOperations } from "./rest/api/api.ts";
export type {
  Answer as RestAnswer,
  JsonSchema,
  Method as RestMethod,
  Operation as RestOperation,
} from "./rest/api/operation.ts";
