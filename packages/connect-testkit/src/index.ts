export * from "./fake-contexts.ts";
export * from "./fake-rest-context.ts";
export * from "./memory-offsets.ts";
export * from "./recording-logger.ts";
export * from "./records.ts";
export * from "./sink-run.ts";
export * from "./source-run.ts";
