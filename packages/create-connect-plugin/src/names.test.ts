import { expect, test } from "vitest";
import { NameError, namesOf, renamed } from "./names.ts";

test.each([
  ["my-thing", "connect-my-thing", "MyThing", "my.thing", "my-thing"],
  ["connect-redis", "connect-redis", "Redis", "redis", "redis"],
  ["@acme/connect-s3.logs", "@acme/connect-s3-logs", "S3Logs", "s3.logs", "s3-logs"],
])("%s", (given, packageName, classPrefix, keyPrefix, filePrefix) => {
  const javaPackage = "com.acme";
  expect(namesOf(given, javaPackage)).toEqual({
    packageName,
    classPrefix,
    keyPrefix,
    filePrefix,
    javaPackage,
  });
});

test.each(["My Thing", "../up", "", "connect-", "9lives", "@acme/", "a".repeat(300)])(
  "%j is refused",
  (given) => {
    expect(() => namesOf(given, "com.acme")).toThrow(NameError);
  },
);

test.each(["Com.Acme", "com..acme", "com.acme!", ""])("classes cannot be of %j", (javaPackage) => {
  expect(() => namesOf("my-thing", javaPackage)).toThrow(NameError);
});

test("each place of the template gets its own form", () => {
  const text =
    'import "./example-client.ts"; class ExampleClient {} "com.example.ExampleSinkConnector" "example.url" connect-example';
  expect(renamed(text, namesOf("@acme/connect-my-thing", "org.acme"))).toBe(
    'import "./my-thing-client.ts"; class MyThingClient {} "org.acme.MyThingSinkConnector" "my.thing.url" @acme/connect-my-thing',
  );
});
