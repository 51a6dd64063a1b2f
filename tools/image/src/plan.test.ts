import { expect, test } from "vitest";
import { planOf } from "./plan.ts";

test("each plugin has a folder, two versions of one have two", () => {
  const plan = planOf("@millrace/connect-runtime@0.1.0", [
    "@millrace/connect-file@0.1.0",
    "@millrace/connect-file@^0.2.0",
    "@acme/connect-x",
    "@millrace/connect-jdbc-sink@1 tedious@19.0.0",
  ]);
  expect(plan).toEqual({
    worker: { "@millrace/connect-runtime": "0.1.0" },
    plugins: [
      { name: "millrace-connect-file-0.1.0", packages: { "@millrace/connect-file": "0.1.0" } },
      { name: "millrace-connect-file", packages: { "@millrace/connect-file": "^0.2.0" } },
      { name: "acme-connect-x", packages: { "@acme/connect-x": "latest" } },
      {
        name: "millrace-connect-jdbc-sink-1",
        packages: { "@millrace/connect-jdbc-sink": "1", tedious: "19.0.0" },
      },
    ],
  });
});

test.each([
  [["a b/c/d"], "b/c/d is no npm package"],
  [["../x"], "../x is no npm package"],
  [[" "], "A package is missing"],
  [["a@1", "a@1"], "a-1 is named twice"],
])("%j is refused", (plugins, message) => {
  expect(() => planOf("r", plugins)).toThrow(message);
});
