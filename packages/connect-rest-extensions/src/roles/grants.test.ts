import { describe, expect, test } from "vitest";
import { accessOf, type Role, ROLES } from "./access.ts";
import { Grants } from "./grants.ts";

const grants = Grants.parse(
  JSON.stringify({
    grants: [
      { users: ["root", "CN=ops, O=Example"], role: "admin" },
      { users: ["olga"], role: "operate", connectors: ["orders-*", "a.b"] },
      { users: ["olga"], role: "view", connectors: ["*-eu"] },
      { users: ["eve"], role: "edit", connectors: ["eve-*"] },
      { users: ["half"], role: "admin", connectors: ["half-*"] },
      { users: ["*"], role: "view", connectors: ["public"] },
    ],
  }),
);

describe("grants", () => {
  test.each<[user: string, role: Role, connector: string, allowed: boolean]>([
    ["root", "admin", "x", true],
    ["CN=ops,O=Example", "edit", "x", true],
    ["CN=ops, O=Example", "edit", "x", true],
    ["CN=ops", "view", "x", false],
    ["olga", "operate", "orders-1", true],
    ["olga", "view", "orders-1", true],
    ["olga", "edit", "orders-1", false],
    ["olga", "operate", "a.b", true],
    ["olga", "operate", "aXb", false],
    ["olga", "operate", "my-orders-1", false],
    ["olga", "operate", "orders-1\nx", true],
    ["olga", "view", "x-eu", true],
    ["olga", "operate", "x-eu", false],
    ["olga", "operate", "orders-eu", true],
    ["nobody", "view", "public", true],
    ["nobody", "operate", "public", false],
    ["nobody", "view", "publicity", false],
    ["__proto__", "view", "x", false],
  ])("%s as %s for %j: %s", (user, role, connector, allowed) => {
    expect(grants.allows(user, { role, scope: "connector" }, connector)).toBe(allowed);
  });

  test("for some connectors, for all, and where a request names none", () => {
    const allows = (user: string, role: Role, scope: "some" | "all" | "connector") =>
      grants.allows(user, { role, scope }, undefined);
    expect(allows("eve", "edit", "some")).toBe(true);
    expect(allows("olga", "edit", "some")).toBe(false);
    expect(allows("half", "admin", "all")).toBe(false);
    expect(allows("root", "admin", "all")).toBe(true);
    expect(allows("eve", "edit", "connector")).toBe(false);
    expect(allows("root", "edit", "connector")).toBe(true);
  });

  test.each([
    ["{", /it is not JSON/],
    ["[]", /it must be an object/],
    ["{}", /it must be \{"grants"/],
    ['{"grants": [], "x": 1}', /field "x"/],
    ['{"grants": [{"users": ["a"], "role": "owner"}]}', /grants\[0\]\.role must be one of: view/],
    ['{"grants": [{"users": ["a"], "role": "toString"}]}', /grants\[0\]\.role/],
    ['{"grants": [{"users": [], "role": "view"}]}', /grants\[0\]\.users must be a list of texts/],
    ['{"grants": [{"users": "a", "role": "view"}]}', /grants\[0\]\.users/],
    ['{"grants": [{"users": ["a"], "role": "view", "connector": ["x"]}]}', /field "connector"/],
    ['{"grants": [{"users": ["a"], "role": "view", "connectors": []}]}', /\.connectors must/],
    ['{"grants": [{"users": ["a"], "role": "view", "connectors": null}]}', /\.connectors must/],
  ])("%s is refused", (text, message) => {
    expect(() => Grants.parse(text)).toThrow(message);
  });
});

describe("what a request takes", () => {
  test.each([
    ["GET", "/connectors/:name/status", "view connector"],
    ["HEAD", "/connectors/:name/status", "view connector"],
    ["OPTIONS", "/connectors/:name/status", "view some"],
    ["PUT", "/connectors/:name/stop", "operate connector"],
    ["POST", "/connectors", "edit connector"],
    ["PUT", "/admin/loggers/:logger", "admin all"],
    ["GET", "/metrics", "view all"],
    ["POST", "/millrace/connectors/:name/anything", "admin all"],
    ["GET", "/acme", "admin all"],
    ["GET", "toString", "admin all"],
  ])("%s %s: %s", (method, route, expected) => {
    const { role, scope } = accessOf({ method, route });
    expect(`${role} ${scope}`).toBe(expected);
  });

  test("roles hold those before them", () => {
    expect(ROLES).toEqual(["view", "operate", "edit", "admin"]);
  });
});
