export { Busy } from "./busy.ts";
export { SlowSink } from "./slow-sink.ts";
export { StuckSource } from "./stuck-source.ts";
