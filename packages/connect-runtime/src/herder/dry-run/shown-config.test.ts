import { expect, test } from "vitest";
import type { ConfigInfos } from "../config-infos.ts";
import { definitionsOf } from "../definitions.ts";
import { ShownConfig } from "./shown-config.ts";

const definitions = definitionsOf({
  password: { type: "PASSWORD", importance: "HIGH", doc: "" },
  url: { type: "STRING", importance: "HIGH", doc: "" },
});
const INFOS: ConfigInfos = {
  name: "C",
  error_count: 0,
  groups: [],
  configs: [...definitions].map(([name, definition]) => ({
    definition,
    value: { name, value: null, recommended_values: [], errors: [], visible: true },
  })),
};

test("passwords are hidden, and addresses are shown without credentials", () => {
  const props = {
    password: "pa55word",
    url: "jdbc:postgresql://bob:pa55@db/x?user=bob&password=other&ssl=true",
    note: "it is pa55word",
  };
  expect(new ShownConfig(INFOS, [props]).props(props)).toEqual({
    password: "[hidden]",
    url: "jdbc:postgresql://[hidden]@db/x?user=bob&password=[hidden]&ssl=true",
    note: "it is [hidden]",
  });
});

test("a changed password is a change, without the password", () => {
  const before = { password: "old-one", url: "u", gone: "1" };
  const after = { password: "new-one", url: "u", come: "was old-one" };
  const shown = new ShownConfig(INFOS, [before, after]);
  expect(shown.diff(before, after)).toEqual({
    exists: true,
    added: { come: "was [hidden]" },
    removed: { gone: "1" },
    changed: { password: { from: "[hidden]", to: "[hidden]" } },
  });
});

test("everything of a new connector is added", () => {
  const shown = new ShownConfig(INFOS, []);
  expect(shown.diff(undefined, { url: "u" })).toEqual({
    exists: false,
    added: { url: "u" },
    removed: {},
    changed: {},
  });
});
