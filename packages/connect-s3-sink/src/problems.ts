import { ConfigError } from "@millrace/connect-api";
import type { S3SinkConfig } from "./config.ts";
import { makeLayout } from "./layout.ts";

export interface ConfigProblem {
  readonly key: string;
  readonly message: string;
}

/** What is wrong with keys that are right by themselves. */
export function problems(config: S3SinkConfig): ConfigProblem[] {
  const found: ConfigProblem[] = [];
  const wrong = (key: keyof S3SinkConfig, value: unknown, why: string) =>
    found.push({ key, message: new ConfigError(key, value, why).message });
  if (config["s3.wan.mode"] && config["s3.path.style.access.enabled"]) {
    wrong("s3.wan.mode", true, "needs s3.path.style.access.enabled=false");
  }
  if (config["behavior.on.null.values"].toLowerCase() === "write" && !config["store.kafka.keys"]) {
    wrong(
      "behavior.on.null.values",
      "write",
      "needs store.kafka.keys=true, since keys are all there is to write",
    );
  }
  const customerKey = config["s3.sse.customer.key"].value();
  if (customerKey !== "" && Buffer.from(customerKey, "base64").length !== 32) {
    wrong("s3.sse.customer.key", "[hidden]", "must be 32 bytes in base64");
  }
  for (const pair of config["s3.object.tagging.key.value.pairs"]) {
    if (!pair.includes(":")) wrong("s3.object.tagging.key.value.pairs", pair, "must be key:value");
  }
  if (config["rotate.schedule.interval.ms"] > 0 && config["timezone"] === "") {
    wrong("timezone", "", "rotate.schedule.interval.ms needs it");
    return found;
  }
  try {
    makeLayout(config);
  } catch (error) {
    if (!(error instanceof ConfigError) || error.key === undefined) throw error;
    found.push({ key: error.key, message: error.message });
  }
  return found;
}
