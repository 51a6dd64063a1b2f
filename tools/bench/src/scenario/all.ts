import { cdc } from "./cdc.ts";
import { compression } from "./compression.ts";
import { crowd } from "./crowd.ts";
import { jdbcSink } from "./jdbc-sink.ts";
import { elasticsearchSink } from "./elasticsearch-sink.ts";
import { files } from "./files.ts";
import { outage } from "./outage.ts";
import { plugins } from "./plugins.ts";
import { s3Sink } from "./s3-sink.ts";
import type { Scenario } from "./scenario.ts";
import { slow } from "./slow.ts";
import { stuck } from "./stuck.ts";
import { tasks } from "./tasks.ts";
import { transforms } from "./transforms.ts";

export const SCENARIOS: readonly Scenario[] = [
  tasks,
  stuck,
  crowd,
  outage,
  compression,
  transforms,
  slow,
  jdbcSink,
  elasticsearchSink,
  files,
  plugins,
  s3Sink,
  cdc,
];
