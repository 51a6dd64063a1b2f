import { expect, test } from "vitest";
import {
  parseTable,
  plainName,
  quoteName,
  quoteTable,
  splitIdentifier,
  splitNames,
} from "./identifiers.ts";
import { POSTGRES_IDENTIFIERS as rules } from "./postgresql/index.ts";

const table = { catalog: null, schema: "public", name: "users" };

test.each([
  ["", []],
  [" a , b.c ,", ["a", "b.c"]],
  ['"public"."a,b",c', ['"public"."a,b"', "c"]],
  ['we"ird,other', ['we"ird', "other"]],
])("the list %j names %j", (list, names) => {
  expect(splitNames(rules, list)).toEqual(names);
});

test.each([
  ["users", ["users"]],
  ["public.users", ["public", "users"]],
  ['"pub.lic"."us""ers"', ["pub.lic", 'us"ers']],
])("the identifier %s has the parts %j", (text, parts) => {
  expect(splitIdentifier(rules, text)).toEqual(parts);
});

test.each([
  ['"public"."users"', table],
  ["public.users", table],
  ["users", table],
  ['"sales"."Users"', { catalog: null, schema: "sales", name: "Users" }],
])("the table that %s names", (text, expected) => {
  expect(parseTable(rules, text)).toEqual(expected);
});

test("brackets quote as quotes do, with the closing one doubled", () => {
  const brackets = {
    ...rules,
    quotes: ["[", "]"] as const,
    levels: ["catalog", "schema"] as const,
  };
  const odd = { catalog: "shop", schema: "dbo", name: "a]b[c,d" };
  expect(quoteTable(brackets, odd, "always")).toBe("[shop].[dbo].[a]]b[c,d]");
  expect(parseTable(brackets, "[shop].[dbo].[a]]b[c,d]")).toEqual(odd);
  expect(splitNames(brackets, "[shop].[dbo].[a]]b[c,d],x")).toHaveLength(2);
  expect(plainName(odd)).toBe("shop.dbo.a]b[c,d");
});

test("a name cannot leave its quotes", () => {
  const hostile = { catalog: null, schema: 'a"b', name: 'x"; DROP TABLE users; --' };
  const quoted = quoteTable(rules, hostile, "always");
  expect(quoted).toBe('"a""b"."x""; DROP TABLE users; --"');
  expect(parseTable(rules, quoted)).toEqual(hostile);
});

test.each(["Users", "a b", 'x"; --', "1a", "ünder"])(
  "without quotes the name %j is refused, not sent",
  (name) => {
    expect(() => quoteName(rules, name, "never")).toThrow(/quote\.sql\.identifiers/);
  },
);

test("without quotes a plain name stands as it is", () => {
  expect(quoteTable(rules, table, "never")).toBe("public.users");
});
