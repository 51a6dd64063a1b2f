import { describe, expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";
import { isTlsProblem, refusedByProxy, wasNotSent } from "./connection-failures.ts";
import { redirected } from "./redirect.ts";
import { retryAfterMs } from "./retry-after.ts";
import { Secrets } from "./secrets.ts";
import { shownUrl } from "./shown-url.ts";
import { isTransientStatus, StatusCodes } from "./status-codes.ts";

test.each([
  ["120", 120_000],
  [" 0 ", 0],
  ["Thu, 01 Jan 1970 00:01:00 GMT", 50_000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["999999999", 3_600_000],
  ["soon", undefined],
  ["", undefined],
  [undefined, undefined],
])("Retry-After: %s", (header, ms) => {
  expect(retryAfterMs(header, 10_000)).toBe(ms);
});

test("waits grow up to a limit, at random", () => {
  expect([0, 1, 2, 20].map((attempt) => backoffMs(100, 1000, attempt, 0.999))).toEqual([
    99, 199, 399, 999,
  ]);
  expect(backoffMs(100, 1000, 5, 0)).toBe(0);
});

describe("status codes", () => {
  test.each<[string[], number[], number[]]>([
    [["429"], [429], [428, 430]],
    [
      ["500-503", "408"],
      [408, 500, 503],
      [409, 504],
    ],
    [["400-"], [400, 599], [399]],
    [["400..499"], [400, 499], [500]],
  ])("%j", (texts, inside, outside) => {
    const codes = StatusCodes.parse(texts) as StatusCodes;
    expect(inside.every((status) => codes.has(status))).toBe(true);
    expect(outside.some((status) => codes.has(status))).toBe(false);
  });

  test.each([["abc"], ["5"], ["500-400"], ["-500"], ["4xx"]])("%s is refused", (text) => {
    expect(typeof StatusCodes.parse([text])).toBe("string");
  });

  test("that say not now", () => {
    const all = Array.from({ length: 500 }, (_, i) => 100 + i).filter(isTransientStatus);
    expect(all).toEqual([408, 425, 429, ...Array.from({ length: 100 }, (_, i) => 500 + i)]);
  });
});

test("failures are told apart by what the server may know", () => {
  expect(["ECONNREFUSED", "ENOTFOUND", "ECONNRESET", undefined].map(wasNotSent)).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(isTlsProblem("CERT_HAS_EXPIRED", "")).toBe(true);
  expect(isTlsProblem("ECONNRESET", "socket hang up")).toBe(false);
  expect(refusedByProxy("Proxy response (407) !== 200 when HTTP Tunneling")).toBe(407);
  expect(refusedByProxy("other")).toBeUndefined();
});

describe("redirects", () => {
  const request = {
    method: "POST",
    url: "https://a.example/x",
    headers: { authorization: "s", "X-Key": "s", "Content-Type": "text/plain" },
    body: "b",
  };

  test("keep everything within the host, and nothing that says who asks beyond", () => {
    expect(redirected(request, 307, "/y")).toEqual({ ...request, url: "https://a.example/y" });
    for (const elsewhere of ["https://b.example/y", "https://a.example:444/y", "//b.example/y"]) {
      expect(redirected(request, 308, elsewhere)?.headers).toEqual({
        "Content-Type": "text/plain",
      });
    }
    expect(redirected(request, 307, "https://u:p@b.example/")?.url).toBe("https://b.example/");
  });

  test.each([
    [302, "/y"],
    [200, "/y"],
    [307, undefined],
    [307, "http://a.example/y"],
    [307, "file:///etc/passwd"],
    [307, "http://["],
  ])("%i to %s is not followed", (status, location) => {
    expect(redirected(request, status, location)).toBeUndefined();
  });

  test("that change the method are followed by what only reads", () => {
    for (const status of [301, 302, 303]) {
      expect(redirected({ ...request, method: "GET", body: null }, status, "/y")?.method).toBe(
        "GET",
      );
    }
  });
});

test("secrets are hidden wherever they are, but not short texts", () => {
  const secrets = new Secrets(["hunter2", null, "", "abc"]);
  secrets.add("token-1");
  expect(secrets.hide("hunter2 token-1 abc hunter2")).toBe("[hidden] [hidden] abc [hidden]");
  secrets.forget("token-1");
  expect(secrets.hide("token-1")).toBe("token-1");
});

test("addresses are shown without user, password and query", () => {
  expect(shownUrl("https://u:p@x/a?key=s#f")).toBe("https://x/a");
  expect(shownUrl("p@ss")).not.toContain("p@ss");
});
