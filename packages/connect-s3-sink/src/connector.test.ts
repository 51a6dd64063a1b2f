import type { Props } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { S3SinkConnector } from "./index.ts";

const VALID: Props = {
  "s3.bucket.name": "lake",
  "flush.size": "1000",
  "format.class": "io.confluent.connect.s3.format.parquet.ParquetFormat",
};

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
  [{ "s3.sse.customer.key": "c2hvcnQ=" }, "s3.sse.customer.key: must be 32 bytes in base64"],
  [{ "s3.object.tagging.key.value.pairs": "a" }, "must be key:value"],
  [{ "parquet.codec": "lzo" }, "parquet.codec: String must be one of"],
  [{ "avro.codec": "bzip2" }, "avro.codec: String must be one of"],
] as const)("%o is refused", ([props, message]) => {
  expect(errorsOf(props).join("\n")).toContain(message);
});

test("a key of 32 bytes is not shown where another key is wrong", () => {
  const secret = "c2hvcnQtc2VjcmV0";
  expect(errorsOf({ "s3.sse.customer.key": secret }).join()).not.toContain(secret);
});
