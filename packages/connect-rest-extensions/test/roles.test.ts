import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FakeRestContext } from "@millrace/connect-testkit";
import { describe, expect, test } from "vitest";
import { RolesExtension } from "../src/index.ts";
import { tempFolder } from "./temp-folder.ts";

const ROLES = {
  grants: [
    { users: ["eve"], role: "edit", connectors: ["eve-*"] },
    { users: ["vera"], role: "view" },
  ],
};

async function opened(content: string = JSON.stringify(ROLES)): Promise<FakeRestContext> {
  const path = join(tempFolder(), "roles.json");
  writeFileSync(path, content);
  const extension = new RolesExtension();
  extension.configure({ "rest.roles.file": path });
  const context = new FakeRestContext();
  await extension.register(context);
  return context;
}

const statusOf = async (
  context: FakeRestContext,
  user: string | undefined,
  method: string,
  route: string,
  connector?: string,
) => (await context.ask({ user, method, route, connector })).response?.status;

describe("roles", () => {
  test.each<
    [
      user: string | undefined,
      method: string,
      route: string,
      connector: string | undefined,
      status: number | undefined,
    ]
  >([
    ["eve", "PUT", "/connectors/:name/config", "eve-1", undefined],
    ["eve", "PUT", "/connectors/:name/config", "other", 403],
    ["eve", "POST", "/connectors", "eve-1", undefined],
    ["eve", "POST", "/connectors", "other", 403],
    ["eve", "POST", "/connectors", undefined, 403],
    ["vera", "POST", "/connectors", "eve-1", 403],
    ["eve", "POST", "/millrace/dry-run", "eve-1", undefined],
    ["eve", "POST", "/millrace/dry-run", "other", 403],
    ["eve", "GET", "/millrace/events", undefined, undefined],
    ["eve", "GET", "/millrace/connectors/:name/logs", "other", 403],
    ["eve", "GET", "/connectors", undefined, undefined],
    ["vera", "GET", "/connectors/:name/status", "other", undefined],
    ["vera", "PUT", "/connectors/:name/pause", "other", 403],
    ["vera", "PUT", "/connector-plugins/:plugin/config/validate", undefined, 403],
    ["vera", "GET", "/admin/loggers", undefined, 403],
    ["nobody", "GET", "/", undefined, 403],
    [undefined, "GET", "/", undefined, 401],
    [undefined, "POST", "/connectors", "eve-1", 401],
    [undefined, "POST", "/connectors/:name/tasks", "eve-1", undefined],
    [undefined, "PUT", "/connectors/:name/fence", "eve-1", undefined],
  ])("%s: %s %s of %s", async (user, method, route, connector, status) => {
    expect(await statusOf(await opened(), user, method, route, connector)).toBe(status);
  });

  test("a refusal says what is missing", async () => {
    const context = await opened();
    const answer = await context.ask({
      user: "vera",
      method: "DELETE",
      route: "/connectors/:name",
      connector: "a",
    });
    expect(JSON.parse(String(answer.response?.body))).toEqual({
      error_code: 403,
      message: `User "vera" may not DELETE /connectors/:name: it takes the role edit for connector "a"`,
    });
  });

  test("lists show what may be viewed", async () => {
    const context = await opened();
    const all = ["eve-1", "b", "eve-2"];
    expect(context.shown({ user: "eve" }, all)).toEqual(["eve-1", "eve-2"]);
    expect(context.shown({ user: "vera" }, all)).toEqual(all);
    expect(context.shown({ user: "nobody" }, all)).toEqual([]);
    expect(context.shown({}, all)).toEqual([]);
  });

  test("secrets are for those who may edit", async () => {
    const context = await opened();
    expect(context.secretsHidden({ user: "eve" }, "eve-1")).toBe(false);
    expect(context.secretsHidden({ user: "eve" }, "other")).toBe(true);
    expect(context.secretsHidden({ user: "vera" }, "eve-1")).toBe(true);
    expect(context.secretsHidden({}, "eve-1")).toBe(true);
  });

  test("a file that is wrong keeps the worker from starting", async () => {
    await expect(opened(`{"grants": [{"users": ["a"], "role": "boss"}]}`)).rejects.toThrow(
      /roles\.json for configuration rest\.roles\.file: grants\[0\]\.role must be one of/,
    );
  });
});
