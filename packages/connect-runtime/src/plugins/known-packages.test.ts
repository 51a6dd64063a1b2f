import { expect, test } from "vitest";
import { installHint } from "./known-packages.ts";

test.each([
  ["io.confluent.connect.s3.S3SinkConnector", "@millrace/connect-s3-sink"],
  ["S3SinkConnector", "@millrace/connect-s3-sink"],
  ["S3Sink", "@millrace/connect-s3-sink"],
  [" io.debezium.connector.postgresql.PostgresConnector ", "@millrace/connect-postgres-cdc"],
])("%s is in %s", (name, pack) => {
  expect(installHint(name)).toContain(`Install the npm package ${pack} into`);
});

test("a class nobody knows is asked for by its name", () => {
  expect(installHint("com.acme.FooConnector")).toContain(
    "Install the npm package that has this class into a folder of plugin.path",
  );
});
