import { expect, test } from "vitest";
import { parseTarget } from "./url.ts";
import { checkProperties, connectTimeoutMs, tlsChoices } from "./driver-properties.ts";

const target = (query: string) =>
  parseTarget({
    url: `jdbc:postgresql://db/shop?${query}`,
    user: "me",
    password: null,
    properties: new Map(),
    applicationName: "test",
    isolation: "DEFAULT",
  });

test.each([
  ["sslmode=disable", [false]],
  ["sslmode=allow", [false, { rejectUnauthorized: false }]],
  ["", [{ rejectUnauthorized: false }, false]],
  ["sslmode=require", [{ rejectUnauthorized: false }]],
  ["sslmode=verify-full", [{ rejectUnauthorized: true }]],
  ["ssl=true", [{ rejectUnauthorized: true }]],
])("%s tries TLS as the Java driver does", (query, choices) => {
  expect(tlsChoices(target(query))).toMatchObject(choices);
});

test("verify-ca asks who signed, not for which host", () => {
  const [choice] = tlsChoices(target("sslmode=verify-ca"));
  expect(choice && choice.rejectUnauthorized).toBe(true);
  expect(choice && choice.checkServerIdentity?.("db", {} as never)).toBeUndefined();
});

test.each([
  ["sslmode=maybe", "connection.sslmode"],
  ["sslfactory=x.Y", "connection.sslfactory"],
  ["gssEncMode=require", "connection.gssEncMode"],
  ["channelBinding=require", "connection.channelBinding"],
])("%s is refused by name", (query, key) => {
  expect(() => checkProperties(target(query))).toThrow(key);
});

test("a file that cannot be read is refused by name", () => {
  const missing = target("sslmode=verify-full&sslrootcert=/nowhere/root.crt");
  expect(() => tlsChoices(missing)).toThrow(/connection\.sslrootcert/);
});

test("properties without effect are named, Java's own tuning is not", () => {
  expect(checkProperties(target("prepareThreshold=5&socketTimeout=3&ApplicationName=x"))).toEqual([
    "The connection property socketTimeout has no effect",
  ]);
});

test("the connect timeout counts seconds", () => {
  expect(connectTimeoutMs(target(""))).toBe(10_000);
  expect(connectTimeoutMs(target("connectTimeout=3"))).toBe(3000);
  expect(() => connectTimeoutMs(target("connectTimeout=soon"))).toThrow(/connectTimeout/);
});
