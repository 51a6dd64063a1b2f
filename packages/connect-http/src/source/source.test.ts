import { Float64 } from "@millrace/connect-api";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonText } from "../json-text.ts";
import { parseExactly } from "./exact-json.ts";
import { before, instant } from "./instant.ts";
import { Locator } from "./locator.ts";
import { nextLink } from "./next-link.ts";
import { Pace } from "./pace.ts";
import { fromOffset, type Position, toOffset } from "./position.ts";

describe("exact JSON", () => {
  test.each([
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740993", -9007199254740993n],
    ["9007199254740991", 9007199254740991],
    ["1.0", new Float64(1)],
    ["1e3", new Float64(1000)],
    ["-0.0", new Float64(-0)],
    ["1.5", 1.5],
    ['"1.0 and 12345678901234567890"', "1.0 and 12345678901234567890"],
  ])("%s", (text, value) => {
    expect(parseExactly(text)).toEqual(value);
    expect(parseExactly(`{"a":[${text}]}`)).toEqual({ a: [value] });
  });

  test("what was parsed is written as it was", () => {
    const property = fc.property(fc.json(), (text) => {
      expect(JSON.parse(jsonText(null, parseExactly(text), "NUMERIC"))).toEqual(JSON.parse(text));
    });
    fc.assert(property);
    const integers = fc.property(fc.bigInt(), (value) => {
      expect(jsonText(null, parseExactly(`[${value}]`), "NUMERIC")).toBe(`[${value}]`);
    });
    fc.assert(integers);
  });
});

describe("timestamps", () => {
  test.each([
    ["1970-01-01T00:00:01Z", "iso", 1_000_000_000n],
    ["1970-01-01T00:00:01.123456789Z", "iso", 1_123_456_789n],
    ["1970-01-01T00:00:01,5+00:00", "iso", 1_500_000_000n],
    ["1970-01-01T01:00:01+0100", "iso", 1_000_000_000n],
    ["1970-01-01T01:00:01+01", "iso", 1_000_000_000n],
    ["1970-01-01 00:00:01", "iso", 1_000_000_000n],
    ["1970-01-02", "iso", 86_400_000_000_000n],
    ["1969-12-31T23:59:59.5Z", "iso", -500_000_000n],
    ["1", "epoch_s", 1_000_000_000n],
    ["1.000000001", "epoch_s", 1_000_000_001n],
    ["1500", "epoch_ms", 1_500_000_000n],
    ["-1500", "epoch_ms", -1_500_000_000n],
    ["soon", "iso", undefined],
    ["2020-13-01T00:00:00Z", "iso", undefined],
    ["1e3", "epoch_s", undefined],
  ] as const)("%s (%s)", (text, format, at) => {
    expect(instant(text, format)).toBe(at);
  });

  test("before others", () => {
    expect(before("1970-01-01T00:00:02.5Z", "iso", 1000)).toBe("1970-01-01T00:00:01.500Z");
    expect(before("2500", "epoch_ms", 1000)).toBe("1500");
    expect(before("2.5", "epoch_s", 1000)).toBe("1");
    expect(before("as it is", "iso", 0)).toBe("as it is");
  });
});

test.each([
  ['<https://x/2>; rel="next"', "https://x/2"],
  ["<https://x/2>; rel=next", "https://x/2"],
  [
    '<https://x/1>; rel="prev", <https://x/3?a=b,c;d>; title="a, b; rel=next"; rel="last next"',
    "https://x/3?a=b,c;d",
  ],
  ["</2>;REL=NEXT", "/2"],
  ['<https://x/1>; rel="prev"', undefined],
  ['<https://x/1>; title="rel=next"', undefined],
  ["", undefined],
  [undefined, undefined],
])("Link: %s", (header, target) => {
  expect(nextLink(header)).toBe(target);
});

describe("locators", () => {
  const document = { items: [{ id: 1 }, { id: 2 }], one: { id: 3 }, none: null, "a/b": 4 };
  test.each([
    ["$.items", [{ id: 1 }, { id: 2 }]],
    ["/items", [{ id: 1 }, { id: 2 }]],
    ["$.items[*].id", [1, 2]],
    ["$.items[?@.id > 1]", [{ id: 2 }]],
    ["$.one", [{ id: 3 }]],
    ["/a~1b", [4]],
    ["/", [document]],
    ["", [document]],
    ["$.missing", undefined],
    ["/missing/deep", undefined],
    ["$.missing[*]", []],
  ])("%s", (text, list) => {
    expect((Locator.parse(text) as Locator).list(document)).toEqual(list);
  });

  test.each(["$.[", "items", "$$"])("%s is refused", (text) => {
    expect(typeof Locator.parse(text)).toBe("string");
  });
});

describe("positions", () => {
  const position: Position = {
    page: "c/1",
    since: "2020-01-01T00:00:00Z",
    max: null,
    seen: new Map([
      ["h1", "a"],
      ["h2", "a"],
      ["h3", ""],
    ]),
  };

  test("come back from their offsets, through JSON", () => {
    const stored = JSON.parse(JSON.stringify(toOffset(position))) as Record<string, unknown>;
    expect(fromOffset(stored)).toEqual(position);
    expect(
      Object.values(stored).every((value) => value === null || typeof value !== "object"),
    ).toBe(true);
  });

  test("leave out what is too much for a record in Kafka", () => {
    const seen = new Map(Array.from({ length: 5001 }, (_, i) => [`h${i}`, "a"]));
    expect(fromOffset(toOffset({ ...position, seen })).seen.size).toBe(0);
  });

  test("can be written by hand", () => {
    expect(fromOffset({ v: 1, since: 1700000000 })).toEqual({
      page: null,
      since: "1700000000",
      max: null,
      seen: new Map(),
    });
  });

  test.each([{}, { v: 2 }, { v: 1, page: {} }, { v: 1, seen: "{" }, { v: 1, seen: '{"a":1}' }])(
    "%j is none",
    (offset) => {
      expect(() => fromOffset(offset)).toThrow(/stored offset/);
    },
  );
});

test("a pace heeds headers only once nothing is left", () => {
  const pace = new Pace(4);
  pace.requested(1000);
  expect(pace.notBefore).toBe(1250);
  pace.answered({ headers: { "x-ratelimit-remaining": "3", "x-ratelimit-reset": "9" } }, 1000);
  expect(pace.notBefore).toBe(1250);
  pace.answered({ headers: { "ratelimit-remaining": "0", "ratelimit-reset": "9" } }, 1000);
  expect(pace.notBefore).toBe(10_000);
  pace.answered({ headers: { "retry-after": "99999999" } }, 1000);
  expect(pace.notBefore).toBe(3_601_000);
});
