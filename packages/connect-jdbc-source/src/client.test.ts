import { ConfigError, isRetriable } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { isAuthenticationRefused, translate } from "./client.ts";

const coded = (code: string) => Object.assign(new Error("it says"), { code });
const translated = (error: unknown) => translate(error, "Could not read table a.b", "db:5432/shop");

test.each([
  "08006",
  "25P03",
  "40001",
  "40P01",
  "53300",
  "55P03",
  "57014",
  "57P01",
  "57P03",
  "58030",
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "ENOTFOUND",
])("%s may pass", (code) => {
  expect(isRetriable(translated(coded(code)))).toBe(true);
});

test.each([
  ["28P01", /connection\.password/],
  ["28000", /connection\.user/],
  ["3D000", /connection\.url/],
  ["42P01", /table\.whitelist/],
  ["42703", /incrementing\.column\.name/],
  ["42501", /GRANT SELECT/],
  ["42601", /quote\.sql\.identifiers/],
  ["57P04", /connection\.url/],
  ["CERT_HAS_EXPIRED", /connection\.sslmode/],
  ["22P02", /it says/],
])("%s stays, and the message has the remedy", (code, remedy) => {
  const error = translated(coded(code));
  expect(isRetriable(error)).toBe(false);
  expect(error.message).toMatch(remedy);
  expect(error.message).toContain("Could not read table a.b (db:5432/shop): it says");
});

test("what the driver says of a lost connection may pass, other errors without a code may not", () => {
  expect(isRetriable(translated(new Error("Connection terminated unexpectedly")))).toBe(true);
  expect(isRetriable(translated(new Error("timeout expired")))).toBe(true);
  expect(isRetriable(translated(new TypeError("x is not a function")))).toBe(false);
});

test("one host with several addresses fails as its first address", () => {
  const error = new AggregateError([coded("ECONNREFUSED"), coded("EHOSTUNREACH")]);
  expect(isRetriable(translated(error))).toBe(true);
});

test("errors of ours stay as they are", () => {
  const error = new ConfigError("mode", "x", "no");
  expect(translated(error)).toBe(error);
});

test("a refused login is told apart", () => {
  expect(isAuthenticationRefused(translated(coded("28P01")))).toBe(true);
  expect(isAuthenticationRefused(translated(coded("3D000")))).toBe(false);
});
