export { Logging, standardOutput, writeTo, type Level } from "./logging.ts";
export { startStandalone, type Worker } from "./worker.ts";
