import { INT32_SCHEMA, type Props } from "@millrace/connect-api";
import { startSink, TestPartition } from "@millrace/connect-testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { S3SinkConnector } from "../src/index.ts";
import { Bucket } from "./bucket.ts";
import { ConnectProxy } from "./connect-proxy.ts";
import { FaultProxy } from "./fault-proxy.ts";

/** The server may have to be built. */
const PATIENCE = 900_000;

let bucket: Bucket;
beforeAll(async () => {
  bucket = await Bucket.create();
}, PATIENCE);
afterAll(() => bucket[Symbol.asyncDispose]());

/** Gives the object that a record of 7 became. */
async function writeOne(topic: string, props: Props): Promise<string> {
  const format = "io.confluent.connect.s3.format.json.JsonFormat";
  const all = { ...bucket.props, topics: topic, "flush.size": "1", "format.class": format };
  await using run = await startSink(S3SinkConnector, { ...all, ...props });
  await run.put([new TestPartition(topic).append({ valueSchema: INT32_SCHEMA, value: 7 })]);
  await run.commit();
  const key = `topics/${topic}/partition=0/${topic}+0+0000000000.json`;
  return (await bucket.read(key)).toString();
}

test("a role is assumed with the access key, at the endpoint of the token service", async () => {
  await using sts = await FaultProxy.before(bucket.props["store.url"]!);
  const content = await writeOne("by-role", {
    "s3.credentials.provider.class":
      "io.confluent.connect.s3.auth.AwsAssumeRoleCredentialsProvider",
    "s3.credentials.provider.sts.role.arn": "arn:aws:iam::123456789012:role/writer",
    "s3.credentials.provider.sts.endpoint": sts.url,
  });
  expect(content).toBe("7\n");
  expect(sts.seen).toEqual(["POST /"]);
});

test("a canned access control list is accepted", async () => {
  const props = { "s3.acl.canned": "bucket-owner-full-control" };
  expect(await writeOne("with-acl", props)).toBe("7\n");
});

test("S3 and the token service are reached through the proxy, as the user in its address", async () => {
  await using proxy = await ConnectProxy.start();
  await using sts = await FaultProxy.before(bucket.props["store.url"]!);
  const content = await writeOne("by-proxy", {
    "s3.proxy.url": `http://user:word@${proxy.host}`,
    "s3.credentials.provider.class":
      "io.confluent.connect.s3.auth.AwsAssumeRoleCredentialsProvider",
    "s3.credentials.provider.sts.role.arn": "arn:aws:iam::123456789012:role/writer",
    "s3.credentials.provider.sts.endpoint": sts.url,
  });
  expect(content).toBe("7\n");
  const hosts = [bucket.props["store.url"]!, sts.url].map((url) => new URL(url).host);
  expect(proxy.targets).toEqual(new Set(hosts));
  expect(proxy.users).toEqual(new Set(["user:word"]));
});
