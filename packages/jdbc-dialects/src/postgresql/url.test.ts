import { expect, test } from "vitest";
import { parseTarget } from "./url.ts";

function target(url: string, more: { user?: string; properties?: [string, string][] } = {}) {
  return parseTarget({
    url,
    user: more.user ?? "me",
    password: () => "secret",
    properties: new Map(more.properties),
    applicationName: "test",
    isolation: "DEFAULT",
  });
}

test.each([
  ["jdbc:postgresql://db:5433/shop", [{ host: "db", port: 5433 }], "shop"],
  ["jdbc:postgresql://db/shop", [{ host: "db", port: 5432 }], "shop"],
  ["jdbc:postgresql://db/", [{ host: "db", port: 5432 }], "me"],
  ["jdbc:postgresql://db", [{ host: "db", port: 5432 }], "me"],
  ["jdbc:postgresql:shop", [{ host: "localhost", port: 5432 }], "shop"],
  ["jdbc:postgresql:/", [{ host: "localhost", port: 5432 }], "me"],
  ["jdbc:postgresql:///shop", [{ host: "localhost", port: 5432 }], "shop"],
  ["jdbc:postgresql://[::1]:5433/shop", [{ host: "::1", port: 5433 }], "shop"],
  [
    "jdbc:postgresql://a:1,b/shop%20two?sslmode=disable",
    [
      { host: "a", port: 1 },
      { host: "b", port: 5432 },
    ],
    "shop two",
  ],
])("%s", (url, hosts, database) => {
  expect(target(url)).toMatchObject({ hosts, database });
});

test("what the URL says goes before the settings of the same name", () => {
  const found = target("jdbc:postgresql://db/shop?user=other&password=p%26q&sslmode=require", {
    properties: [
      ["sslmode", "disable"],
      ["ApplicationName", "x"],
    ],
  });
  expect(found.user).toBe("other");
  expect(found.password?.()).toBe("p&q");
  expect(Object.fromEntries(found.properties)).toMatchObject({
    sslmode: "require",
    ApplicationName: "x",
  });
});

test.each([
  "jdbc:postgresql://db:99999/x?password=hush",
  "jdbc:postgresql://me:hush@db/x",
  "jdbc:postgresql://me:hu@hush@db/x",
  "jdbc:postgresql://a:b:c/x?password=hush",
  "jdbc:postgresql://db/%zz?password=hush",
])("%s is refused by key, without its query", (url) => {
  const parse = () => target(url);
  expect(parse).toThrow(/configuration connection\.url/);
  expect(parse).not.toThrow(/hush/);
});
