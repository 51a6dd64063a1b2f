import { expect, test } from "vitest";
import { diffConfigs, keepHidden } from "./config-diff.ts";
import { SecretKeys } from "./secrets.ts";

const typed = new SecretKeys([
  {
    definition: {
      name: "magic.word",
      type: "PASSWORD",
      required: false,
      default_value: null,
      importance: "HIGH",
      documentation: "",
    },
    value: { name: "magic.word", errors: [] },
  },
]);

test("keys are compared, and the name is not one of them", () => {
  const before = { name: "a", same: "1", changed: "1", removed: "1" };
  const after = { same: "1", changed: "2", added: "1" };
  expect(diffConfigs(before, after, typed)).toEqual([
    { key: "added", change: "added", to: "1" },
    { key: "changed", change: "changed", from: "1", to: "2" },
    { key: "removed", change: "removed", from: "1" },
  ]);
});

test.each([
  ["magic.word", "abracadabra", "[hidden]"],
  ["connection.password", "hunter2", "[hidden]"],
  ["producer.override.sasl.jaas.config", "…Module required;", "[hidden]"],
  ["aws.secret.access.key", "AKIA", "[hidden]"],
  ["connection.password", "${file:/secrets:db}", "${file:/secrets:db}"],
  ["connection.password", "", ""],
  ["connection.url", "postgresql://u:hunter2@db/x", "postgresql://u:[hidden]@db/x"],
  [
    "connection.url",
    "jdbc:mysql://db/x?user=u&password=hunter2&a=b",
    "jdbc:mysql://db/x?user=u&password=[hidden]&a=b",
  ],
  ["key.converter", "org.x.StringConverter", "org.x.StringConverter"],
  ["topics", "tokyo", "tokyo"],
])("%s=%s is shown as %s", (key, value, shown) => {
  expect(typed.shown(key, value)).toBe(shown);
});

test("what was printed is applied without losing its secrets", () => {
  const before = { name: "a", password: "hunter2", url: "http://u:hunter3@h/x", topics: "t" };
  const after = { ...typed.hideIn(before), topics: "u" };
  expect(JSON.stringify(after)).not.toContain("hunter");
  expect(keepHidden("a", before, after)).toEqual({ ...before, topics: "u" });
});

test("there must be a secret to keep, and it must be clear which", () => {
  expect(() => keepHidden("a", {}, { password: "[hidden]" })).toThrow(
    `a: "password" holds [hidden]`,
  );
  const url = { url: "http://u:[hidden]@other/x" };
  expect(() => keepHidden("a", { url: "http://u:hunter2@h/x" }, url)).toThrow(`a: "url" holds`);
});
