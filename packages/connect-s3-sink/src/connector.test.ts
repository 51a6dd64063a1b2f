import type { Props } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { S3SinkConnector } from "./index.ts";

const VALID: Props = {
  "s3.bucket.name": "lake",
  "flush.size": "1000",
  "format.class": "io.confluent.connect.s3.format.parquet.ParquetFormat",
};

const KEY_32 = Buffer.alloc(32, 7).toString("base64");
const ASSUME_ROLE = "io.confluent.connect.s3.auth.AwsAssumeRoleCredentialsProvider";

function errorsOf(props: Props): string[] {
  const values = new S3SinkConnector().validate({ ...VALID, ...props });
  return values.flatMap(({ errors }) => errors);
}

test("the smallest configuration is valid", () => {
  expect(errorsOf({})).toEqual([]);
  expect(errorsOf({ "s3.region": "eu-central-1" })).toEqual([]);
});

test.for([
  [{ "format.class": "com.example.Mine" }, "format.class: must be AvroFormat"],
  [{ "storage.class": "com.example.Store" }, "storage.class: String must be one of"],
  [{ "partitioner.class": "com.example.Mine" }, "partitioner.class: must be DefaultPartitioner"],
  [{ "partitioner.class": "FieldPartitioner" }, "partition.field.name"],
  [{ "partitioner.class": "HourlyPartitioner" }, "locale"],
  [{ "timestamp.extractor": "Moon" }, "timestamp.extractor: must be Wallclock"],
  [{ "rotate.schedule.interval.ms": "1000" }, "timezone: rotate.schedule.interval.ms needs it"],
  [{ "s3.wan.mode": "true" }, "s3.wan.mode: needs s3.path.style.access.enabled=false"],
  [{ "s3.part.size": "1000" }, "s3.part.size: Value must be at least 5242880"],
  [{ "behavior.on.null.values": "write" }, "behavior.on.null.values: needs store.kafka.keys=true"],
  [
    { "s3.sse.customer.key": "c2hvcnQ=", "s3.ssea.name": "AES256" },
    "s3.sse.customer.key: must be 32 bytes in base64",
  ],
  [{ "s3.object.tagging.key.value.pairs": "a" }, "must be key:value"],
  [{ "parquet.codec": "lzo" }, "parquet.codec: String must be one of"],
  [{ "avro.codec": "bzip2" }, "avro.codec: String must be one of"],
  [{ "s3.ssea.name": "ROT13" }, "s3.ssea.name: String must be one of: , AES256, aws:kms"],
  [{ "s3.acl.canned": "mine" }, "s3.acl.canned: String must be one of: authenticated-read"],
  [{ "s3.sse.kms.key.id": "k" }, "s3.sse.kms.key.id: needs s3.ssea.name=aws:kms"],
  [
    { "s3.sse.kms.key.id": "k", "s3.ssea.name": "AES256" },
    "s3.sse.kms.key.id: needs s3.ssea.name=aws:kms",
  ],
  [{ "s3.sse.customer.key": KEY_32 }, "s3.sse.customer.key: needs s3.ssea.name=AES256"],
  [
    { "s3.sse.customer.key": KEY_32, "s3.ssea.name": "aws:kms" },
    "s3.sse.customer.key: needs s3.ssea.name=AES256",
  ],
  [
    {
      "s3.sse.customer.key": KEY_32,
      "s3.ssea.name": "AES256",
      "store.url": "http://minio:9000",
    },
    "s3.sse.customer.key: needs store.url with https",
  ],
  [{ "store.url": "minio" }, "store.url: must be a URL, as http://minio:9000"],
  [{ "store.url": "minio:9000" }, "store.url: must be a URL"],
  [{ "s3.proxy.url": "proxy:3128" }, "s3.proxy.url: must be a URL, as http://proxy:3128"],
  [
    { "s3.credentials.provider.sts.endpoint": "sts" },
    "s3.credentials.provider.sts.endpoint: must be a URL",
  ],
  [
    { "s3.credentials.provider.class": "com.example.Vault" },
    "s3.credentials.provider.class: must be com.amazonaws.auth.DefaultAWSCredentialsProviderChain",
  ],
  [{ "s3.credentials.provider.class": ASSUME_ROLE }, "sts.role.arn: AwsAssumeRole"],
  [{ "aws.access.key.id": "AK" }, "aws.secret.access.key: aws.access.key.id needs it"],
  [{ "aws.secret.access.key": "s" }, "aws.access.key.id: aws.secret.access.key needs it"],
] as const)("%o is refused", ([props, message]) => {
  expect(errorsOf(props).join("\n")).toContain(message);
});

test.for<Props>([
  { "s3.ssea.name": "AES256" },
  { "s3.ssea.name": "AES256", "s3.sse.customer.key": KEY_32 },
  { "s3.ssea.name": "AES256", "s3.sse.customer.key": KEY_32, "store.url": "https://minio:9000" },
  { "s3.ssea.name": "aws:kms" },
  { "s3.ssea.name": "aws:kms", "s3.sse.kms.key.id": "arn:aws:kms:eu-central-1:1:key/k" },
  { "s3.acl.canned": "bucket-owner-full-control" },
  { "s3.proxy.url": "http://user:password@proxy:3128" },
  { "aws.access.key.id": "AK", "aws.secret.access.key": "s" },
  { "s3.credentials.provider.class": ASSUME_ROLE, "s3.credentials.provider.sts.role.arn": "arn" },
])("%o is valid", (props) => {
  expect(errorsOf(props)).toEqual([]);
  expect(() => new S3SinkConnector().start({ ...VALID, ...props })).not.toThrow();
});

test("start says what validation says", () => {
  expect(() => new S3SinkConnector().start({ ...VALID, "s3.proxy.url": "proxy" })).toThrow(
    "s3.proxy.url: must be a URL",
  );
});

test("the password in a proxy's address that is wrong is not shown", () => {
  const [error] = errorsOf({ "s3.proxy.url": "ftp://user:hush@proxy:3128" });
  expect(error).toContain("proxy:3128");
  expect(error).not.toContain("hush");
});

test("a key of 32 bytes is not shown where another key is wrong", () => {
  const secret = "c2hvcnQtc2VjcmV0";
  expect(errorsOf({ "s3.sse.customer.key": secret }).join()).not.toContain(secret);
});
