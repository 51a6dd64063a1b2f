export { ascendingRuns, type RunReport } from "./ascending-runs.ts";
export { countRecords, otherClient, readTopic } from "./read-topic.ts";
