import { inspect } from "node:util";
import { describe, expect, expectTypeOf, test } from "vitest";
import { ConfigError } from "../errors.ts";
import type { ConfigDef, ConfigKey, ConfigOf } from "./def.ts";
import { parseConfig, parseType, printed } from "./parse.ts";
import { Password } from "./password.ts";

const base = { importance: "LOW", doc: "" } as const;
const TABLE = {
  name: { ...base, type: "STRING" },
  file: { ...base, type: "STRING", default: null },
  mode: { ...base, type: "STRING", default: "a", oneOf: ["a", "b"] },
  count: { ...base, type: "INT", default: 1, min: 1, max: 10 },
  ratio: { ...base, type: "DOUBLE", default: 0.5 },
  on: { ...base, type: "BOOLEAN", default: true },
  list: { ...base, type: "LIST", default: [] },
  secret: { ...base, type: "PASSWORD", default: null },
} as const satisfies ConfigDef;

describe("a parsed configuration", () => {
  test("has a value for each key, defaults where nothing is set", () => {
    const config = parseConfig(TABLE, { name: " x ", count: " 5 ", on: "FALSE", extra: "y" });
    expect(config).toEqual({
      name: "x",
      file: null,
      mode: "a",
      count: 5,
      ratio: 0.5,
      on: false,
      list: [],
      secret: null,
    });
  });

  test("is typed by its table", () => {
    expectTypeOf<ConfigOf<typeof TABLE>>().toEqualTypeOf<{
      readonly name: string;
      readonly file: string | null;
      readonly mode: "a" | "b";
      readonly count: number;
      readonly ratio: number;
      readonly on: boolean;
      readonly list: readonly string[];
      readonly secret: Password | null;
    }>();
    expect(parseConfig(TABLE, { name: "x" }).mode).toBe("a");
  });

  test("refuses the first key that is wrong, in Java's words", () => {
    const wrong = (props: Record<string, string>) => () =>
      parseConfig(TABLE, { name: "x", ...props });
    expect(() => parseConfig(TABLE, {})).toThrow(
      'Missing required configuration "name" which has no default value.',
    );
    expect(wrong({ count: "0" })).toThrow(
      "Invalid value 0 for configuration count: Value must be at least 1",
    );
    expect(wrong({ count: "11" })).toThrow("Value must be no more than 10");
    expect(wrong({ mode: "c" })).toThrow(
      "Invalid value c for configuration mode: String must be one of: a, b",
    );
  });

  test("does not take keys from a prototype", () => {
    const props = Object.create({ name: "inherited" }) as Record<string, string>;
    expect(() => parseConfig(TABLE, props)).toThrow('Missing required configuration "name"');
  });
});

describe("texts", () => {
  test.for([
    ["BOOLEAN", " True ", true],
    ["INT", "+2147483647", 2147483647],
    ["SHORT", "-32768", -32768],
    ["LONG", "9223372036854775807", 2n ** 63n - 1n],
    ["LONG", "5", 5],
    ["DOUBLE", "1e3", 1000],
    ["DOUBLE", "-.5", -0.5],
    ["LIST", "", []],
    ["LIST", "a , b,c", ["a", "b", "c"]],
    ["LIST", "a,b,a", ["a", "b"]],
    ["CLASS", " a.B ", "a.B"],
  ] as const)("%s %o", ([type, text, value]) => {
    expect(parseType("k", type, text)).toEqual(value);
  });

  test.for([
    ["BOOLEAN", "yes", "Expected value to be either true or false"],
    ["INT", "2147483648", "Not a number of type INT"],
    ["INT", "1.5", "Not a number of type INT"],
    ["INT", "", "Not a number of type INT"],
    ["SHORT", "32768", "Not a number of type SHORT"],
    ["LONG", "9223372036854775808", "Not a number of type LONG"],
    ["DOUBLE", "0x10", "Not a number of type DOUBLE"],
    ["DOUBLE", "", "Not a number of type DOUBLE"],
  ] as const)("%s %o is refused", ([type, text, why]) => {
    expect(() => parseType("k", type, text)).toThrow(
      `Invalid value ${text} for configuration k: ${why}`,
    );
  });
});

test("a list may keep what it has twice", () => {
  const list = { ...base, type: "LIST" } as const;
  const table = { once: list, twice: { ...list, keepDuplicates: true } };
  expect(parseConfig(table, { once: "a, b,a", twice: " a, b,a " })).toEqual({
    once: ["a", "b"],
    twice: ["a", "b", "a"],
  });
});

test("a list may have to be distinct", () => {
  const table = { topics: { ...base, type: "LIST", distinct: true } } as const;
  expect(parseConfig(table, { topics: " a, b" })).toEqual({ topics: ["a", "b"] });
  expect(() => parseConfig(table, { topics: "a,b,a" })).toThrow(
    "Configuration 'topics' values must not be duplicated.",
  );
  expect(() => parseConfig(table, { topics: "a,,b" })).toThrow(
    "Configuration 'topics' values must not be empty.",
  );
});

test("lists are refused in Java's words", () => {
  const list = { ...base, type: "LIST" } as const;
  const refused = (key: ConfigKey, text: string) => () =>
    parseConfig({ fields: key }, { fields: text });
  expect(refused({ ...list, nonEmpty: true }, "")).toThrow(
    "Configuration 'fields' must not be empty. Valid values include: any non-empty value",
  );
  expect(refused({ ...list, check: () => "Too many" }, "a,b")).toThrow(
    "Invalid value [a, b] for configuration fields: Too many",
  );
  const worded = () => {
    throw new ConfigError("In other words");
  };
  expect(refused({ ...list, check: worded }, "a")).toThrow(/^In other words$/);
});

test("values are printed as in Java", () => {
  expect(printed({ type: "DOUBLE" }, 1)).toBe("1.0");
  expect(printed({ type: "LIST" }, ["a", "b"])).toBe("a,b");
  expect(printed({ type: "PASSWORD" }, "x")).toBe("[hidden]");
  expect(printed({ type: "STRING" }, null)).toBeNull();
});

describe("a password", () => {
  test("is never printed", () => {
    const password = parseType("k", "PASSWORD", "hunter2") as Password;
    expect(password.value()).toBe("hunter2");
    const texts = [
      String(password),
      JSON.stringify({ password }),
      inspect({ password }),
      password.toString(),
    ];
    expect(texts.filter((text) => text.includes("hunter2"))).toEqual([]);
    expect(String(password)).toBe("[hidden]");
  });

  test("equals another of the same text", () => {
    expect(new Password("a").equals(new Password("a"))).toBe(true);
    expect(new Password("a").equals(new Password("b"))).toBe(false);
    expect(new Password("a").equals("a")).toBe(false);
  });
});
