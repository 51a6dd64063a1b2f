import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { withVersions } from "./versions.ts";

test("packages of ours are asked for in the versions that they have", () => {
  const api = new URL("../../connect-api/package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(api, "utf8")) as { version: string };
  const given = `{ "@millrace/connect-api": "workspace:^", "vitest": "^5.0.0" }`;
  expect(withVersions(given)).toBe(
    `{ "@millrace/connect-api": "^${version}", "vitest": "^5.0.0" }`,
  );
});

test("the template asks for packages of ours in no version of its own", () => {
  const template = new URL("../template/_package.json", import.meta.url);
  const ours = readFileSync(template, "utf8").match(/"@millrace\/.*/g);
  expect(ours).toHaveLength(3);
  for (const line of ours!) expect(line).toContain('"workspace:^"');
});
