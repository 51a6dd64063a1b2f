import { ConfigError } from "@millrace/connect-api";
import type { S3SinkConfig } from "./config.ts";
import { credentialsKind } from "./credentials.ts";
import { makeLayout } from "./layout.ts";

type Report = (key: keyof S3SinkConfig, value: unknown, why: string) => void;

/** What is wrong with keys that are right by themselves. */
export function problems(config: S3SinkConfig): ConfigError[] {
  const found: ConfigError[] = [];
  const wrong: Report = (key, value, why) => found.push(new ConfigError(key, value, why));
  checkAddresses(config, wrong);
  checkCredentials(config, wrong);
  checkEncryption(config, wrong);
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
    found.push(error);
  }
  return found;
}

function checkAddresses(config: S3SinkConfig, wrong: Report): void {
  const addresses = {
    "store.url": "http://minio:9000",
    "s3.proxy.url": "http://proxy:3128",
    "s3.credentials.provider.sts.endpoint": "https://sts.eu-central-1.amazonaws.com",
  } as const;
  for (const key of Object.keys(addresses) as (keyof typeof addresses)[]) {
    const address = config[key];
    if (address !== null && address !== "" && !/^https?:$/.test(protocolOf(address))) {
      wrong(key, withoutUser(address), `must be a URL, as ${addresses[key]}`);
    }
  }
}

const protocolOf = (address: string): string =>
  URL.canParse(address) ? new URL(address).protocol : "";

/** A proxy's may hold its password. */
const withoutUser = (address: string): string => address.replace(/^.*@/, "[hidden]@");

function checkCredentials(config: S3SinkConfig, wrong: Report): void {
  const id = config["aws.access.key.id"];
  const secret = config["aws.secret.access.key"].value();
  if (id !== "" && secret === "") {
    wrong("aws.secret.access.key", "", "aws.access.key.id needs it: set both or neither");
  }
  if (id === "" && secret !== "") {
    wrong("aws.access.key.id", "", "aws.secret.access.key needs it: set both or neither");
  }
  const provider = config["s3.credentials.provider.class"];
  switch (credentialsKind(provider)) {
    case "assume-role":
      if (config["s3.credentials.provider.sts.role.arn"] === "") {
        wrong(
          "s3.credentials.provider.sts.role.arn",
          "",
          "AwsAssumeRoleCredentialsProvider needs the role, as arn:aws:iam::123456789012:role/writer",
        );
      }
      break;
    case undefined:
      wrong(
        "s3.credentials.provider.class",
        provider,
        "must be com.amazonaws.auth.DefaultAWSCredentialsProviderChain or io.confluent.connect.s3.auth.AwsAssumeRoleCredentialsProvider",
      );
      break;
    case "default-chain":
  }
}

function checkEncryption(config: S3SinkConfig, wrong: Report): void {
  const algorithm = config["s3.ssea.name"];
  const kmsKey = config["s3.sse.kms.key.id"];
  if (kmsKey !== "" && algorithm !== "aws:kms") {
    wrong("s3.sse.kms.key.id", kmsKey, "needs s3.ssea.name=aws:kms");
  }
  const customerKey = config["s3.sse.customer.key"].value();
  if (customerKey === "") return;
  if (Buffer.from(customerKey, "base64").length !== 32) {
    wrong("s3.sse.customer.key", "[hidden]", "must be 32 bytes in base64");
  }
  if (algorithm !== "AES256") {
    wrong("s3.sse.customer.key", "[hidden]", "needs s3.ssea.name=AES256");
  }
  if (config["store.url"]?.startsWith("http:")) {
    wrong(
      "s3.sse.customer.key",
      "[hidden]",
      "needs store.url with https, or the key could be read",
    );
  }
}
