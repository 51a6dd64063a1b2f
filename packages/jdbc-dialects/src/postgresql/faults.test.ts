import { ConfigError, isRetriable } from "@millrace/connect-api";
import { expect, test } from "vitest";
import { faultOf, translate } from "../faults.ts";
import { POSTGRES_FAULTS } from "./faults.ts";

const coded = (code: string) => Object.assign(new Error("it says"), { code });
const translated = (error: unknown) =>
  translate(POSTGRES_FAULTS, error, "Could not read table a.b", "db:5432/shop");

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
  ["42P01", /out of the configuration/],
  ["42703", /column's name/],
  ["42501", /GRANT/],
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

test.each([
  ["28P01", "authentication"],
  ["3D000", "missing"],
  ["40P01", "deadlock"],
  ["40001", "deadlock"],
  ["55P03", "lock-timeout"],
  ["57P01", "connection"],
  ["53200", "transient"],
  ["22003", "data"],
  ["23505", "constraint"],
  ["42P07", "exists"],
  ["42501", "permission"],
  ["XX000", "other"],
  ["ECONNRESET", "connection"],
])("%s is told apart as %s", (code, kind) => {
  expect(faultOf(translated(coded(code)))).toMatchObject({ kind, code });
});

test("what no database has said has no fault", () => {
  expect(faultOf(new ConfigError("mode", "x", "no"))).toBeUndefined();
  expect(faultOf(new Error("x"))).toBeUndefined();
});
