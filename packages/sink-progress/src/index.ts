export { Condition } from "./condition.ts";
export { PartitionProgress } from "./partition-progress.ts";
export { Partitions } from "./partitions.ts";
