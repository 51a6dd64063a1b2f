import { parseProperties } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { meaningless, propertiesOf, workerKeys } from "./connect-env.ts";

test("variables are keys as in the images of Java workers", () => {
  const keys = workerKeys({
    CONNECT_BOOTSTRAP_SERVERS: "kafka:9092",
    CONNECT_CONFIG_STORAGE_TOPIC: "configs",
    CONNECT_CONFIG_PROVIDERS_MY__VAULT_CLASS: "x.Y",
    CONNECT_SOME___KEY: "7",
    PATH: "/bin",
    CONNECT: "no",
  });
  expect([...keys]).toEqual([
    ["bootstrap.servers", "kafka:9092"],
    ["config.storage.topic", "configs"],
    ["config.providers.my-vault.class", "x.Y"],
    ["some_key", "7"],
  ]);
});

test("underscores that stand for nothing are named", () => {
  expect(() => workerKeys({ CONNECT_A____B: "" })).toThrow(/^CONNECT_A____B has 4 underscores/);
});

test("what is Java's logging is told, and no key", () => {
  const env = { CONNECT_LOG4J_ROOT_LOGLEVEL: "DEBUG", CONNECT_TOOLS_LOG4J_LOGLEVEL: "ERROR" };
  expect(meaningless(env)).toEqual(Object.keys(env));
  expect(workerKeys(env).size).toBe(0);
});

test.each([
  'org.apache.kafka.common.security.plain.PlainLoginModule required password="a=b\\c";',
  " leading and trailing ",
  "two\nlines\tand\\u0041",
  "#no comment !",
  "ключ 😀",
  "${file:/run/secrets/p:key}",
  "",
])("a value comes through as it is: %j", (value) => {
  const file = propertiesOf(new Map([["a.key", value]]));
  expect(parseProperties(file)).toEqual({ "a.key": value });
});
