import { expect, test } from "vitest";
import {
  matchTables,
  missingTables,
  quotedName,
  sharedTopics,
  splitIdentifier,
  splitNames,
} from "./tables.ts";

const users = { schema: "public", name: "users" };
const otherUsers = { schema: "old", name: "users" };
const odd = { schema: "public", name: 'a,b "c"' };
const tables = [otherUsers, users, odd];

test.each([
  ["", []],
  [" a , b.c ,", ["a", "b.c"]],
  ['"public"."a,b",c', ['"public"."a,b"', "c"]],
  ['we"ird,other', ['we"ird', "other"]],
])("the list %j names %j", (list, names) => {
  expect(splitNames(list)).toEqual(names);
});

test.each([
  ["users", ["users"]],
  ["public.users", ["public", "users"]],
  ['"pub.lic"."us""ers"', ["pub.lic", 'us"ers']],
])("the identifier %s has the parts %j", (text, parts) => {
  expect(splitIdentifier(text)).toEqual(parts);
});

test.each([
  [["users"], [otherUsers, users]],
  [["public.users"], [users]],
  [['"old"."users"'], [otherUsers]],
  [['"public"."a,b ""c"""'], [odd]],
  [[], tables],
])("the whitelist %j selects", (whitelist, selected) => {
  expect(matchTables(tables, whitelist)).toEqual({ selected, missing: [] });
});

test("names that differ by case alone match nothing, and the error says what there is", () => {
  const { selected, missing } = matchTables(tables, ["Public.Users", "users"]);
  expect(selected).toEqual([otherUsers, users]);
  expect(missing).toEqual(["Public.Users"]);
  const { message } = missingTables(missing, tables);
  expect(message).toMatch(/configuration table\.whitelist/);
  expect(message).toContain('there is "old"."users" and "public"."users"');
});

test("tables of one name would share a topic", () => {
  expect(sharedTopics([users, odd])).toBeUndefined();
  expect(sharedTopics(tables)).toContain("old.users and public.users");
});

test("a quoted name survives its way through a task's configuration", () => {
  const names = splitNames(tables.map(quotedName).join(","));
  expect(names.map(splitIdentifier)).toEqual(tables.map(({ schema, name }) => [schema, name]));
});
